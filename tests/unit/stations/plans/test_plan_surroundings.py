"""A plan goes by the changes around it: its need was moved by hand, the person erased."""

from datetime import date, timedelta

import pytest
from plans_in_memory import DAY, MINUTE, Planned
from stations_in_memory import COMMUNITY

from services.stations.erasures.domain import Erasure
from services.stations.needs.domain.text import NeedText
from shared.contracts.persons import PersonReference
from shared.contracts.stations.amending import AmendNeed
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.reopening import Slot


@pytest.fixture
def town() -> Planned:
    return Planned()


def erase(town: Planned, need_id: str) -> Erasure:
    """Request the erasure of the person of a need, and let a day pass."""
    person = PersonReference(kind="need", id=need_id)
    asked = RequestErasure(people=(person,), ground="consent_withdrawn", area=COMMUNITY)
    erasure = town.engine.command(asked)
    town.engine.advance(DAY)
    return town.engine.one(Erasure, erasure.id)


def test_a_visit_whose_need_was_moved_by_hand_to_the_new_time_follows_with_all_others(town: Planned) -> None:
    plan, _ = town.start()
    visit = town.visits()[date(2026, 3, 10)]
    starts_at = visit.starts_at + timedelta(hours=4, minutes=30)
    ends_at = visit.ends_at + timedelta(hours=4, minutes=30)
    slot = Slot(starts_at=starts_at, ends_at=ends_at)
    town.send(
        AmendNeed(need_id=town.need_of(visit).id, reason_code="agreed_with_resident", due=ends_at, slot=slot)
    )  # fmt: skip
    town.edit(plan, extent="all", visit_time="14:00")
    assert town.times("made") == ["03-03 14:00", "03-10 14:00"]
    town.advance_to(3, 4)
    assert town.times("made")[-1] == "03-17 14:00", "the plan goes on"


@pytest.mark.parametrize("which", ["added_by", "visited"])
def test_the_erasure_of_any_need_of_a_home_ends_the_visits_and_erases_all_copies_of_its_words(
    town: Planned, which: str
) -> None:
    plan, home = town.start()
    other = town.add_home(plan, "Visit to Grandfather Lin").id
    town.advance_to(3, 12)
    visited = town.visits(home)[date(2026, 3, 3)].need_id
    asked = town.home(home).need_id if which == "added_by" else visited
    assert asked is not None
    erasure = erase(town, asked)
    assert (town.home(home).state, town.home(home).reason) == ("removed", "words_erased")
    assert (erasure.state, erasure.people[0].state) == ("done", "erased")
    left = {town.stations.words(text.id)["title"] for text in town.engine.all(NeedText)}
    assert left == {"Visit to Grandfather Lin"}
    assert (town.home(other).state, town.plan(plan).homes) == ("active", 1)
    town.engine.advance(30 * DAY + MINUTE)
    assert {one.state for one in town.visits(home).values() if one.on > date(2026, 3, 12)} == {"cancelled"}
