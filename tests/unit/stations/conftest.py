import pytest
from stations_in_memory import StationsInMemory


@pytest.fixture
def stations() -> StationsInMemory:
    return StationsInMemory()
