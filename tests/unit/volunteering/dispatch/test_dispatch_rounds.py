"""A recheck loads in few rounds, before its turn and in it, however far it has to search: the engine bounds both."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from volunteering_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_DISTRICT,
    OTHER_STREET,
    PLACE,
    VolunteeringInMemory,
    need_event,
)

from services.volunteering.dispatch.timers import StaffingDue
from services.volunteering.matching.domain.volunteers import KEPT_FOR_WAITING
from services.volunteering.matching.storage import NearestFew
from shared.contracts.need_parts import Place
from shared.contracts.reasons import reason
from shared.contracts.stations.needs import NeedPublished
from shared.engine import TURN, Handler, Handling, Incoming
from shared.engine.decide.batch import MAX_ROUNDS
from shared.engine.decide.handlers import Handlers

FAR = Place(lon=PLACE.lon + 0.15, lat=PLACE.lat)
"""Beyond the first pool, within 30 km."""


class Rounds:
    """Counts a handler's rounds of loading before its turn and in it."""

    def __init__(self, handlers: Handlers) -> None:
        self.before = self.within = 0
        counted = handlers.find("timer", StaffingDue.type)
        assert counted is not None
        handlers._by_type["timer", StaffingDue.type] = self._count(counted)

    def _count(self, handler: Handler) -> Handler:
        def run(message: Incoming[StaffingDue]) -> Handling:
            handling, turn = handler(message), False
            try:
                wants = next(handling)
                while True:
                    if wants is TURN:
                        turn = True
                    elif turn:
                        self.within += 1
                    else:
                        self.before += 1
                    work = yield wants
                    wants = handling.send(work)
            except StopIteration as end:
                return end.value

        return run


@pytest.fixture
def rounds(service: VolunteeringInMemory) -> Iterator[Rounds]:
    counted = Rounds(service.engine.handlers)
    yield counted
    assert counted.before <= MAX_ROUNDS
    assert counted.within < MAX_ROUNDS


def recheck_after_others(service: VolunteeringInMemory, others: int) -> None:
    """In one batch, needs of the same place and slot use up the first pool, then need_1 is rechecked."""
    engine = service.engine
    engine.now += KEPT_FOR_WAITING + timedelta(seconds=1)  # nobody is kept for the needs that wait any more
    batch: list[Incoming[object]] = []
    for nth in range(others):
        event = need_event(NeedPublished, f"other_{nth}", now=engine.now)
        batch.append(engine.incoming("event", event.data, event.type, event.key, event))
    due = StaffingDue(need_id="need_1")
    batch.append(engine.incoming("timer", due, due.type, "timer:staffing:need_1"))
    for outcome in engine.batch(batch):
        assert outcome.failure is None, outcome.failure


def test_a_search_through_every_ring_that_ends_with_offers_taken_back_fits_into_a_turn(
    service: VolunteeringInMemory, rounds: Rounds
) -> None:
    asked = service.volunteer(OTHER_DISTRICT, location=FAR)
    service.publish("need_1")
    assert [row.volunteer_id for row in service.dispatches("need_1", "offered")] == [asked]
    for _ in range(NearestFew.limit):
        service.volunteer(COMMUNITY, standing=True)
    last = service.volunteer(OTHER_DISTRICT, standing=True)
    recheck_after_others(service, NearestFew.limit)
    assert service.states("need_1") == ["accepted", "cancelled"]
    assert [row.volunteer_id for row in service.dispatches("need_1", "accepted")] == [last]
    assert (rounds.before, rounds.within) == (2, 6)


def test_a_search_through_every_ring_that_ends_in_vain_fits_into_a_turn(
    service: VolunteeringInMemory, rounds: Rounds
) -> None:
    service.publish("need_1")
    for _ in range(NearestFew.limit):
        service.volunteer(COMMUNITY, standing=True)
    recheck_after_others(service, NearestFew.limit)
    assert service.state("need_1") == "waiting"
    assert reason("booked_then", count=12) in service.last_event("need_1").tried[0].reasons
    assert (rounds.before, rounds.within) == (2, 6)


def test_a_search_that_finds_nobody_near_loads_every_ring_together_with_the_batch(
    service: VolunteeringInMemory, rounds: Rounds
) -> None:
    service.publish("need_1")
    for area in (COMMUNITY, NEIGHBOUR, OTHER_STREET, OTHER_DISTRICT):
        busy = service.volunteer(area, standing=True)
        service.engine.timers.clear()
        service.engine.now += KEPT_FOR_WAITING + timedelta(seconds=1)
        service.publish(f"elsewhere_{area}", area=area)
        assert service.person(busy).bookings
    recheck_after_others(service, 0)
    assert service.state("need_1") == "waiting"
    assert (rounds.before, rounds.within) == (7, 1)  # the explanation, which is loaded already


def test_an_offer_that_expires_and_a_new_search_load_their_volunteers_in_the_same_rounds(
    service: VolunteeringInMemory, rounds: Rounds
) -> None:
    service.volunteer()
    service.publish("need_1", starts=5 * HOUR)
    service.wait(HOUR / 2)
    assert service.states("need_1") == ["expired", "offered"]
    assert (rounds.before, rounds.within) == (7, 1)  # the explanation, which is loaded already


def test_a_no_show_whose_volunteer_other_needs_wait_for_loads_their_list_before_the_turn_too(
    service: VolunteeringInMemory, rounds: Rounds
) -> None:
    someone = service.volunteer(standing=True)
    service.publish("need_1", lasts=2 * HOUR)
    service.publish("need_2", lasts=HOUR / 2, starts=1.5 * HOUR)
    assert (service.state("need_1"), service.state("need_2")) == ("staffed", "waiting")
    engine = service.engine
    engine.now += 3 * HOUR + HOUR / 2
    engine.timers.clear()
    recheck_after_others(service, 0)
    assert service.states("need_1") == ["cancelled"]
    assert service.person(someone).bookings == ()
    assert (rounds.before, rounds.within) == (3, 0)  # it is over, so that nobody is searched for
