"""Needs for many people: with any number, each step stays within one event, and the rest follows at once."""

from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from volunteering_in_memory import COMMUNITY, HOUR, MINUTE, OTHER_CITY, PLACE, VolunteeringInMemory

from services.volunteering.dispatch.domain import decision as decision_module
from services.volunteering.dispatch.domain.decision import LARGEST_CHANGE, bytes_of
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.dispatch.storage import OverdueStaffings
from services.volunteering.dispatch.timers import PatrolDue
from services.volunteering.matching.domain.volunteers import ANY_TAG, Volunteer
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.engine.decide.limits import EventTooLargeError, encode_event

LATER = timedelta(hours=24)


def crowd(people: int) -> VolunteeringInMemory:
    """A service that knows so many people, all of them to be asked."""
    service = VolunteeringInMemory()
    for nth in range(people):
        person = Volunteer(
            id=f"volunteer_{nth:020}", version=1, area=COMMUNITY, home=(PLACE.lon, PLACE.lat), tags=(ANY_TAG,)
        )
        service.engine.entities[Volunteer, person.id] = person
    return service


def overdue(service: VolunteeringInMemory) -> list[Dispatch]:
    offered = service.dispatches("need_1", "offered")
    return [row for row in offered if row.expires_at is not None and row.expires_at <= service.engine.now]


@pytest.mark.parametrize("headcount", [36, pytest.param(100, marks=pytest.mark.long)])
def test_a_need_whom_nobody_answers_for_three_waves_is_then_filled_step_by_step(headcount: int) -> None:
    service = crowd(headcount * 6)
    service.publish("need_1", headcount, starts=LATER)
    service.wait()
    for wave in (1, 2, 3):
        offered = service.dispatches("need_1", "offered")
        assert {row.wave for row in offered} == {wave}, "a wave that goes out in parts is one wave"
        assert len(offered) == 2 * headcount, "and it is complete"
        assert len({row.expires_at for row in offered}) == 1, "with one deadline"
        if wave < 3:
            service.wait(3 * HOUR)  # a tenth of the lead time
            assert overdue(service) == []
    for row in service.dispatches("need_1", "offered")[:headcount]:
        service.accept(row.id)
    service.wait()
    states = Counter(service.states("need_1"))
    assert states == {"accepted": headcount, "cancelled": headcount, "expired": 4 * headcount}
    assert service.broken_laws() == []
    assert max(len(encode_event(event)) for event in service.engine.events) <= MAX_EVENT_BYTES


def test_a_large_need_that_is_cancelled_frees_everyone_step_by_step() -> None:
    service = crowd(300)
    service.publish("need_1", 100, starts=LATER)
    service.wait()
    service.cancel("need_1", 100)
    service.wait()
    assert set(service.states("need_1")) == {"cancelled"}
    assert all(not service.person(row.volunteer_id).offers for row in service.dispatches("need_1"))


@pytest.mark.parametrize("end", ["cancelled", "slot over"])
def test_a_need_that_ends_between_two_parts_of_a_wave_comes_to_rest(end: str) -> None:
    service = crowd(300)
    service.publish("need_1", 100, starts=LATER)
    assert service.staffing("need_1").wave_open
    if end == "cancelled":
        service.cancel("need_1", 100)
    else:
        service.engine.now += LATER + 3 * HOUR  # the service stood still meanwhile
    service.wait(MINUTE / 60)
    version = service.staffing("need_1").version
    service.wait(MINUTE / 600)
    assert service.staffing("need_1").version == version, "nothing is left to do, and nothing is written"


def test_an_answer_between_two_parts_of_a_wave_does_not_stop_the_others() -> None:
    service = crowd(300)
    service.publish("need_1", 100, starts=LATER)
    assert service.staffing("need_1").wave_open
    service.accept(service.dispatches("need_1")[0].id)
    service.decline(service.dispatches("need_1")[1].id)
    service.wait()
    assert len(service.dispatches("need_1", "offered")) == 2 * 99
    assert {row.wave for row in service.dispatches("need_1")} == {1}


def test_a_budget_that_is_too_large_fails_the_step_as_on_the_real_servers() -> None:
    service = crowd(300)
    with (
        patch.object(decision_module, "STEP_BYTES", 1 << 30),
        patch.object(decision_module, "MAX_CHANGES", 1 << 30),
        patch("services.volunteering.dispatch.domain.demand.MAX_CHANGES", 150),
        pytest.raises(EventTooLargeError, match="at most 65536"),
    ):
        service.publish("need_1", 100, starts=LATER)
    assert service.engine.all(Staffing) == [], "and keeps nothing of it"


def test_no_change_is_counted_smaller_than_it_is() -> None:
    service = crowd(20)
    service.publish("need_1", 2, starts=LATER, skills=())
    (event,) = service.engine.events
    for view, row in zip(event.data.changed, service.dispatches("need_1"), strict=True):
        assert len(view.model_dump_json()) < bytes_of(row) <= LARGEST_CHANGE


def test_staffings_whose_recheck_always_fails_hide_no_others_from_the_patrol() -> None:
    service = crowd(0)
    service.volunteer(OTHER_CITY)  # a registration sets the patrol going
    count = OverdueStaffings.limit + 20
    for nth in range(count):
        service.publish(f"need_{nth:04}", 1, starts=LATER)
    engine = service.engine
    engine.timers = {key: row for key, row in engine.timers.items() if isinstance(row[1], PatrolDue)}
    looked_at: set[str] = set()

    def fail(message: Any, **_: Any) -> Any:
        looked_at.add(message.data.need_id)
        raise RuntimeError("fails again and again")
        yield

    engine.handlers._by_type["timer", "volunteering.staffing_due"] = fail
    for _ in range(40 + count):
        try:
            service.wait(20 * MINUTE)
        except RuntimeError:
            continue
    assert len(looked_at) == count
