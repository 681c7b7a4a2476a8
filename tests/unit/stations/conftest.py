import pytest
from stations_house import House


@pytest.fixture
def house() -> House:
    return House()
