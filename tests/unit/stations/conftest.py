from collections.abc import Iterator

import pytest
from prose import prose_of
from stations_in_memory import StationsInMemory


@pytest.fixture
def stations() -> Iterator[StationsInMemory]:
    """Stations without servers; after each test nothing that it stored or said holds a sentence."""
    stations = StationsInMemory()
    yield stations
    assert prose_of(stations.engine) == []
