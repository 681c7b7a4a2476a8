"""Each open thing of a station that ends has an owner afterwards: the successor, the street centre, or an end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from everything_at_a_station import CONSENT, SECOND, THIRD, EverythingInMemory
from named_plans import plan
from residents_in_memory import ELM, OAK

from services.stations.network.domain import Station
from services.stations.plans.domain.plan import Plan
from services.stations.referrals.domain import Referral
from services.stations.succession.handing_over import AGAIN_AFTER
from shared.contracts.need_parts import Overdue
from shared.contracts.stations.need_residents import ListResidentNeeds, NameResidents
from shared.contracts.stations.network import CloseStation, OpenStation
from shared.contracts.stations.referrals import ReferNeed
from shared.contracts.stations.succession import MergeStation, MoveStation
from tests.each import for_each

Ended = tuple[str, str | None]
"""The state of the thing, and the reason."""
GOES_ON: Final = "at the successor"
STAYS: Final = "where it is, up to the street centre"
WITH_SUCCESSOR: Final[dict[str, str | Ended]] = {
    "draft": GOES_ON, "served need": GOES_ON, "enquiry sent": GOES_ON, "undecided handover": GOES_ON,
    "plan": GOES_ON, "home": GOES_ON, "visit to come": GOES_ON, "missed visit": GOES_ON,
    "resident": GOES_ON, "resident no longer cared for": GOES_ON, "household": GOES_ON, "relation to replace": GOES_ON,
    "screening": GOES_ON, "alert": GOES_ON, "alert of one no longer cared for": GOES_ON,
    "supervision": GOES_ON, "finding": GOES_ON,
    "worker": GOES_ON, "vacant post": GOES_ON, "filled post": GOES_ON, "training": GOES_ON, "participant": GOES_ON,
}  # fmt: skip
CLOSED: Final[dict[str, str | Ended]] = {
    "draft": STAYS, "served need": STAYS, "enquiry sent": STAYS, "undecided handover": ("rejected", "receiver_closed"),
    "plan": ("ended", None), "home": STAYS, "visit to come": ("cancelled", None), "missed visit": STAYS,
    "resident": STAYS, "resident no longer cared for": STAYS, "household": STAYS, "relation to replace": STAYS,
    "screening": ("ended", None), "alert": STAYS, "alert of one no longer cared for": STAYS,
    "supervision": STAYS, "finding": STAYS,
    "worker": STAYS, "vacant post": ("closed", "station_closed"), "filled post": ("closed", "station_closed"),
    "training": ("cancelled", "station_closed"), "participant": ("unlinked", "station_closed"),
}  # fmt: skip


def move(town: EverythingInMemory) -> str:
    moved: str = town.engine.command(MoveStation(id=town.station_id, area=THIRD)).successor_id
    return moved


def merge(town: EverythingInMemory) -> str:
    town.engine.command(MergeStation(id=town.station_id, into_id=town.next_door))
    return town.next_door


def close(town: EverythingInMemory) -> str:
    town.engine.command(CloseStation(id=town.station_id))
    return town.station_id


def outcome(town: EverythingInMemory, kind: str, owner: str) -> str | Ended:
    """The place of the thing where it has not ended, otherwise its end."""
    thing = town.thing(kind)
    because = getattr(thing, "reason", None)
    if getattr(thing, "state", None) in {"ended", "cancelled", "closed", "rejected", "unlinked"} and kind in ENDING:
        return thing.state, because
    if town.owner(kind) == owner:
        return STAYS if owner == town.station_id else GOES_ON
    return f"at {town.owner(kind)}"


ENDING: Final = frozenset(kind for kind, end in CLOSED.items() if isinstance(end, tuple))


@pytest.mark.parametrize("end", [move, merge])
def test_with_a_successor_everything_goes_on_there(end: Callable[[EverythingInMemory], str]) -> None:
    town = EverythingInMemory()
    successor = end(town)
    town.engine.advance(SECOND)
    assert {kind: outcome(town, kind, successor) for kind in town.things} == WITH_SUCCESSOR
    area = town.engine.one(Station, successor).area
    assert {kind: town.thing(kind).area for kind in town.things} == dict.fromkeys(town.things, area)


def test_of_a_closed_station_everything_is_up_to_the_street_centre_or_has_ended() -> None:
    town = EverythingInMemory()
    owner = close(town)
    town.engine.advance(SECOND)
    assert {kind: outcome(town, kind, owner) for kind in town.things} == CLOSED


def test_everything_goes_on_from_a_successor_that_has_closed_meanwhile_as_from_any_closed_station() -> None:
    town = EverythingInMemory()
    successor = merge(town)
    town.engine.command(CloseStation(id=successor))
    town.engine.advance(2 * AGAIN_AFTER)
    between = {"enquiry sent", "undecided handover"}  # the two stations: they end with the one or the other
    assert {town.thing(kind).state for kind in between} <= {"revoked", "rejected"}
    expected = {kind: GOES_ON if end == STAYS else end for kind, end in CLOSED.items() if kind not in between}
    assert {kind: outcome(town, kind, successor) for kind in expected} == expected
    assert town.engine.one(Station, successor).place_by is not None


def reminded(town: EverythingInMemory, since: int = 0) -> dict[str, str]:
    """The level that was reminded first of each kind of step, by its kind, from an event on."""
    found: dict[str, str] = {}
    for event in town.engine.events[since:]:
        data: Any = event.data
        overdue = getattr(data, "overdue", None)
        late = getattr(data, "reminder", None) or (overdue if isinstance(overdue, Overdue) else None)
        if event.type.endswith(("overdue", "left")) and late is not None:
            found.setdefault(event.type.split(".")[1], late.level)
    return found


STEPS_LEFT: Final = {"alert", "finding", "need", "occurrence", "referral", "relation", "worker"}
"""The kinds with a step that is left at a closed station."""


def test_of_a_closed_station_the_street_centre_is_the_first_to_be_reminded() -> None:
    town = EverythingInMemory()
    before = len(town.engine.events)
    close(town)
    town.engine.advance(timedelta(days=60))
    levels = reminded(town, before)
    assert levels.keys() >= STEPS_LEFT
    assert set(levels.values()) == {"street"}


@for_each(
    ("hours", "kinds"),
    [
        (37, {"referral"}),
        (25, {"occurrence"}),
        (73, {"need"}),
        (7 * 24 + 1, {"finding", "relation"}),
    ],
)
def test_the_street_centre_is_reminded_at_once_of_the_steps_of_which_the_station_was_reminded_last(
    hours: int, kinds: set[str]
) -> None:
    town = EverythingInMemory()
    town.engine.advance(timedelta(hours=hours))
    before = len(town.engine.events)
    close(town)
    town.engine.advance(SECOND)
    levels = reminded(town, before)
    assert {levels.get(kind) for kind in kinds} == {"street"}
    town.engine.advance(2 * AGAIN_AFTER)
    late = [event for event in town.engine.events[before:] if event.type.endswith(("overdue", "left"))]
    told = [(event.type, event.subject) for event in late]
    assert len(told) == len(set(told)), "each once, and in the second pass nobody again"


def test_a_referral_to_a_closed_station_is_rejected_at_once_and_the_sender_asks_another() -> None:
    town = EverythingInMemory()
    sent = town.thing("undecided handover").referral_id
    close(town)
    town.engine.advance(SECOND)
    referral = town.engine.one(Referral, sent)
    assert (referral.state, referral.reason, referral.next_step, referral.reminder) == (
        "rejected", "receiver_closed", None, None,
    )  # fmt: skip
    third = town.engine.command(OpenStation(area=THIRD, name="Ash Hall station", level="station")).id
    asked = {"need_id": referral.need_id, "receiver": {"kind": "station", "id": third}, "basis": CONSENT}
    assert town.engine.command(ReferNeed.model_validate(asked), actor=OAK).state == "in_progress"


def test_a_care_plan_without_homes_ends_with_its_closed_station_too() -> None:
    town = EverythingInMemory()
    bare = town.engine.command(plan(town.engine, None), actor=ELM).id
    close(town)
    town.engine.advance(SECOND)
    assert (town.engine.one(Plan, bare).state, town.engine.one(Plan, bare).end) == ("ended", "station_closed")


def test_the_needs_of_a_resident_are_listed_where_they_go_on() -> None:
    town = EverythingInMemory()
    resident = town.thing("resident").id
    _, draft = town.things["draft"]
    town.engine.command(NameResidents(need_id=draft, residents=(resident,)), actor=ELM)
    listed = town.ask(ListResidentNeeds(resident_id=resident), ELM).needs
    assert draft in listed
    merge(town)
    town.engine.advance(SECOND)
    assert town.ask(ListResidentNeeds(resident_id=resident), OAK).needs == listed
