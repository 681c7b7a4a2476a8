from collections.abc import Iterator

import pytest
from prose import prose_of
from volunteering_in_memory import VolunteeringInMemory


@pytest.fixture
def service() -> Iterator[VolunteeringInMemory]:
    """Volunteering without servers; after each test nothing that it stored or said holds a sentence."""
    service = VolunteeringInMemory()
    yield service
    assert prose_of(service.engine) == []


@pytest.fixture
def staffed(service: VolunteeringInMemory) -> VolunteeringInMemory:
    """One volunteer is confirmed for need_1, whose slot is from one hour to three hours after the start."""
    service.volunteer(standing=True)
    service.publish("need_1")
    return service
