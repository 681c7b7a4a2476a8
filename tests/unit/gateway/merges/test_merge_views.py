"""Merges as the gateway shows them: any order and repetition of their events ends in the same, and old ids resolve."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from charity_in_memory import CharityInMemory
from gateway_events import ProjectorInMemory, event_of

from services.gateway.features.merges.identities import (
    find_known,
    find_person,
    person_rule,
    survivor_rule,
    with_merged_ids,
)
from services.gateway.features.merges.view import MergeView
from services.gateway.http.problems import Problem
from services.gateway.reading.views import Views
from shared.contracts import CloudEvent
from shared.contracts.charity.donors import RegisterDonor
from shared.contracts.charity.merges import MergeDonors, UnmergeDonors
from shared.contracts.messages import Command
from shared.contracts.persons import PersonReference
from shared.contracts.stations.erasures import ErasureCompleted, ErasureOverdue, ErasureProgressed, ErasureShape
from shared.engine.decide.memory import START, TESTER


class FakeViews(Views):
    """The views of a projector in memory; `built` is unset while they are made for the first time."""

    def __init__(self, projector: ProjectorInMemory, *, built: bool = True) -> None:
        self._known = projector.followed.entities
        self._built = built

    async def some(self, model: Any, rule: dict[str, Any], limit: int = 0) -> list[Any]:
        if not self._built:
            raise Problem(503, "unavailable", "view_being_built")
        return [self._known[model, one] for one in rule["_id"]["$in"] if (model, one) in self._known][:limit]


def chain() -> tuple[list[str], list[CloudEvent]]:
    """The first merged into the second, the second into the third; the last merge undone and made again."""
    charity = CharityInMemory()
    first, second, third = (charity.engine.command(RegisterDonor(name="Lin Invented")).id for _ in range(3))
    commands: Sequence[Command] = (
        MergeDonors(donor_id=first, into_id=second),
        MergeDonors(donor_id=second, into_id=third),
        UnmergeDonors(donor_id=second, reason_code="merged_by_mistake"),
        MergeDonors(donor_id=second, into_id=third),
    )
    for command in commands:
        charity.engine.command(command)
    return [first, second, third], charity.engine.events


def test_any_order_and_repetition_of_the_events_ends_in_the_same_views() -> None:
    _, events = chain()
    expected = ProjectorInMemory().project(*events).views()
    assert {name for name, _ in expected} >= {"merges", "identities", "donors"}
    for seed in range(10):
        shuffled = Random(seed).sample(events * 2, len(events) * 2)
        assert ProjectorInMemory().project(*shuffled).views() == expected


def test_every_id_of_a_chain_is_answered_with_the_last_and_lists_cover_all() -> None:
    (first, second, third), events = chain()
    views = FakeViews(ProjectorInMemory().project(*events))
    for one in (first, second, third):
        person = asyncio.run(find_person(views, one))
        assert (person.id, set(person.merged_ids)) == (third, {first, second})
        assert set(asyncio.run(person_rule(views, "donor_id", one))["donor_id"]["$in"]) == {first, second, third}
    assert asyncio.run(survivor_rule(views, {"_id": {"$in": [first]}})) == {"_id": {"$in": [third]}}


def test_a_copy_of_one_id_is_made_of_all_ids_of_the_person() -> None:
    (first, second, third), events = chain()
    views = FakeViews(ProjectorInMemory().project(*events))
    asked = [PersonReference(kind="donor", id=first), PersonReference(kind="need", id="need_1")]
    everyone = asyncio.run(with_merged_ids(views, asked, TESTER))
    assert {person.id for person in everyone if person.kind == "donor"} == {first, second, third}
    assert [person.id for person in everyone if person.kind == "need"] == ["need_1"]


def erased(donor_id: str, state: str = "erased", event: type[ErasureShape] = ErasureProgressed) -> CloudEvent:
    asked = {
        "id": "erasure_1", "version": 2, "area": "110102009", "ground": "consent_withdrawn", "state": "under_way",
        "people": [{"kind": "donor", "id": donor_id, "state": state}], "requested_at": START, "due": START,
    }  # fmt: skip
    return event_of(event.model_validate(asked), subject="erasure_1", version=2)


@pytest.mark.parametrize("event", [ErasureProgressed, ErasureCompleted, ErasureOverdue])
def test_each_id_is_known_by_itself_once_the_surviving_one_was_erased(event: type[ErasureShape]) -> None:
    """Each event may be the first that tells it: the last answer completes the erasure, and tells no progress."""
    (first, second, third), events = chain()
    views = FakeViews(ProjectorInMemory().project(*events, erased(third, event=event)))
    for one in (first, second, third):
        person = asyncio.run(find_person(views, one))
        assert (person.id, person.merged_ids) == (one, ())
        assert asyncio.run(person_rule(views, "donor_id", one)) == {"donor_id": one}
        assert asyncio.run(survivor_rule(views, {"_id": {"$in": [one]}})) == {"_id": {"$in": [one]}}
    asked = [PersonReference(kind="donor", id=first)]
    assert asyncio.run(with_merged_ids(views, asked, TESTER)) == asked
    assert asyncio.run(find_person(views, second)).version == 5, "that of If-Match for the undoing of its merge"


@pytest.mark.parametrize(("who", "state"), [(1, "erased"), (2, "waiting"), (2, "unknown")])
def test_the_surviving_one_stands_for_all_until_it_was_erased_itself(who: int, state: str) -> None:
    donors, events = chain()
    views = FakeViews(ProjectorInMemory().project(*events, erased(donors[who], state)))
    assert {asyncio.run(find_person(views, one)).id for one in donors} == {donors[2]}


def test_an_id_that_was_never_merged_is_itself() -> None:
    views = FakeViews(ProjectorInMemory())
    assert asyncio.run(find_known(views, ["donor_1"])) == {}
    assert asyncio.run(person_rule(views, "donor_id", "donor_1")) == {"donor_id": "donor_1"}
    assert asyncio.run(person_rule(views, "donor_id", None)) == {}
    assert asyncio.run(survivor_rule(views, {"_id": {"$in": ["donor_1"]}})) == {"_id": {"$in": ["donor_1"]}}


def test_lists_are_answered_while_the_view_of_merges_is_built_for_the_first_time() -> None:
    (first, *_), events = chain()
    views = FakeViews(ProjectorInMemory().project(*events), built=False)
    assert asyncio.run(find_person(views, first)).id == first


def test_a_merge_shows_when_why_and_by_whom() -> None:
    (_, second, third), events = chain()
    projector = ProjectorInMemory().project(*events)
    merges = [view for (model, _), view in projector.followed.entities.items() if model is MergeView]
    assert sorted((m.survivor_id, m.facts["state"], m.facts["unmerged_because"] or "") for m in merges) == sorted(
        [(second, "merged", ""), (third, "unmerged", "merged_by_mistake"), (third, "merged", "")]
    )
    assert all(m.facts["merged_by"].startswith("actor.charity.") for m in merges)
