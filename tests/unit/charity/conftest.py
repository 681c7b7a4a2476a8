"""Makes `charity_in_memory` importable for the tests of every capability."""

import pytest
from charity_in_memory import House


@pytest.fixture
def charity() -> House:
    """Charity without servers, empty."""
    return House()
