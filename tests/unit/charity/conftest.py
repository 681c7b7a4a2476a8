"""Makes `charity_in_memory` importable for the tests of every capability."""

import pytest
from charity_in_memory import CharityInMemory


@pytest.fixture
def charity() -> CharityInMemory:
    """Charity without servers, empty."""
    return CharityInMemory()
