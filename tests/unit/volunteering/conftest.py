import pytest
from volunteering_house import House


@pytest.fixture
def house() -> House:
    return House()
