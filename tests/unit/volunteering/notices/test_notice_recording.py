"""A message whose result is not recorded is sent again, under the same id, a bounded number of times."""

from datetime import timedelta

import pytest
from notices_in_memory import NoticesInMemory
from volunteering_in_memory import VolunteeringInMemory

from shared.contracts.reasons import reason

DAY = timedelta(days=1)


@pytest.fixture
def service() -> VolunteeringInMemory:
    return VolunteeringInMemory()


@pytest.fixture
def worker(service: VolunteeringInMemory) -> NoticesInMemory:
    return NoticesInMemory(service)


def planned(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    """A volunteer is asked for a day in ten days, and the offer is planned."""
    service.volunteer()
    service.publish("need_1", starts=10 * DAY)
    worker.follow()


def test_a_process_that_dies_after_sending_sends_once_more_under_the_same_id(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    planned(service, worker)
    worker.send(crash=True)
    worker.send()
    assert len(worker.sent) == 1
    for _ in range(2):
        service.wait(timedelta(seconds=30))
        worker.send()
    assert len(worker.sent) == 2
    assert len({notice_id for notice_id, _ in worker.sent}) == 1


def test_a_message_whose_result_is_never_recorded_is_sent_six_times_and_then_the_station_calls(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    planned(service, worker)
    for _ in range(400):
        worker.send(crash=True)
        service.wait(timedelta(seconds=30))
    assert len(worker.sent) == 6
    (notice,) = worker.notices()
    assert (notice.state, notice.tries, notice.reason) == ("failed", 6, reason("notice_not_recorded"))
    assert [call.reason for call in worker.calls()] == ["not_delivered"]
