import pytest
from volunteering_in_memory import VolunteeringInMemory


@pytest.fixture
def service() -> VolunteeringInMemory:
    return VolunteeringInMemory()


@pytest.fixture
def staffed(service: VolunteeringInMemory) -> VolunteeringInMemory:
    """One volunteer is confirmed for need_1, whose slot is from one hour to three hours after the start."""
    service.volunteer(standing=True)
    service.publish("need_1")
    return service
