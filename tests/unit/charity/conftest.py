"""The fixtures that the tests of all capabilities share."""

from collections.abc import Iterator

import pytest
from charity_in_memory import CharityInMemory
from prose import prose_of


@pytest.fixture
def charity() -> Iterator[CharityInMemory]:
    """Charity without servers, empty; after each test nothing that it stored or said holds a sentence."""
    charity = CharityInMemory()
    yield charity
    assert prose_of(charity.engine) == []
