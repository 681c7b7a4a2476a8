"""Balances of the time bank, in any order of the credits, by the volunteer's home and the places of service."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from gateway_events import AREA, ProjectorInMemory, credited, event_of

from services.gateway.features.timebank.view import TimebankView
from shared.contracts import CloudEvent
from shared.contracts.volunteering.people import VolunteerChanged, VolunteerRegistered
from shared.engine.decide.memory import START

HOME, NEW_HOME, PLACE = "310101002003", "310101002004", AREA


def registered() -> CloudEvent:
    data = VolunteerRegistered(
        volunteer_id="volunteer_1", version=1, area=HOME, skills=(), languages=(), standing_acceptance=False
    )
    return event_of(data, version=1, subject="volunteer_1")


def moved_house() -> CloudEvent:
    data = VolunteerChanged(
        volunteer_id="volunteer_1", version=2, area=NEW_HOME, skills=(), languages=(), standing_acceptance=False,
        registered_at=START, state="active", paused_until=START + timedelta(days=1),
    )  # fmt: skip
    return event_of(data, version=2, subject="volunteer_1")


def test_a_balance_is_the_newest_one() -> None:
    projector = ProjectorInMemory().project(credited(2, 120), credited(1, 60))
    assert projector.view(TimebankView, "volunteer_1").balance_minutes == 120


def test_a_balance_is_listed_by_the_home_and_the_place_of_service_stands_beside_it() -> None:
    view = ProjectorInMemory().project(registered(), credited(1, 60)).view(TimebankView, "volunteer_1")
    assert (view.area, view.served_in) == (HOME, (PLACE,))


def test_who_has_served_nowhere_is_in_no_list() -> None:
    assert ProjectorInMemory().project(registered()).view(TimebankView, "volunteer_1").seen == 0


@pytest.mark.parametrize("order", list(permutations([moved_house, lambda: credited(2, 120), lambda: credited(1, 60)])))
def test_the_home_is_the_newest_one_in_any_order(order: Any) -> None:
    projector = ProjectorInMemory().project(registered(), *(event() for event in order))
    view = projector.view(TimebankView, "volunteer_1")
    assert (view.area, view.balance_minutes, view.served_in) == (NEW_HOME, 120, (PLACE,))
