"""A need that was registered twice: one of two ends as a duplicate, the other goes on with all that is asked for."""

from typing import Any

import pytest
from opened import opened
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.needs.domain.need import Need
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.amending import NeedAmended, NeedEdited
from shared.contracts.stations.need_merging import MergeNeed, NeedMerged
from shared.contracts.stations.needs import NeedCancelled, PublishNeed
from shared.contracts.stations.reopening import ReopenNeed


def merge(stations: StationsInMemory, need_id: str, into_id: str, **more: Any) -> Any:
    return stations.engine.command(MergeNeed(need_id=need_id, into_id=into_id, **more))


def refusal(stations: StationsInMemory, need_id: str, into_id: str, **more: Any) -> tuple[str, str, str | None]:
    before = [one.model_dump() for one in stations.engine.all(Need)]
    with pytest.raises(Refused) as refused:
        merge(stations, need_id, into_id, **more)
    assert [one.model_dump() for one in stations.engine.all(Need)] == before, "a refused merge leaves both as they were"
    return refused.value.code, refused.value.rule, refused.value.field


def test_one_ends_as_a_duplicate_that_names_the_other_and_the_other_goes_on(stations: StationsInMemory):
    kept, twice = stations.register().id, stations.register().id
    stations.link(kept, 1, 3, 0)
    answer = merge(stations, twice, kept)
    assert (answer.state, answer.merged_into) == ("cancelled", kept)
    (ended,) = stations.engine.emitted(NeedCancelled)
    assert (ended.need_id, ended.reason_code, ended.merged_into) == (twice, "duplicate", kept)
    (told,) = stations.engine.emitted(NeedMerged)
    assert (told.need_id, told.merged_id, told.state) == (kept, twice, "published")
    assert stations.need(kept).committed == (3, 0)
    assert stations.engine.emitted(NeedAmended) == []


def test_the_other_takes_over_lines_with_their_words_and_a_headcount_by_an_amendment(stations: StationsInMemory):
    slot = stations.asked().volunteers
    kept = stations.register(lines=[{"kind": "money", "amount_fen": 900, "purpose": "a taxi"}], volunteers=slot).id
    twice = stations.register().id
    merge(stations, twice, kept, lines=("l2", "l1"), headcount=5)
    (told,) = stations.engine.emitted(NeedAmended)
    assert told.amended == ("lines", "headcount")
    assert [(line.id, line.kind, line.item, line.requested) for line in stations.need(kept).lines] == [
        ("l1", "money", None, 900), ("l2", "money", None, 5000), ("l3", "goods", "quilt", 3),
    ]  # fmt: skip
    assert stations.words(kept)["purposes"] == {"l1": "a taxi", "l2": "her heating bill"}
    assert [event.need_id for event in stations.engine.emitted(NeedMerged)] == [kept]
    assert told.volunteers is not None
    assert told.volunteers.headcount == 5


def test_a_line_keeps_its_unit_its_least_useful_part_and_its_divisibility(stations: StationsInMemory):
    lines = [
        {"kind": "goods", "item": "rice", "quantity": 4, "unit": "bag", "min_useful": 2},
        {"kind": "goods", "item": "quilt", "quantity": 2, "unit": "piece", "divisible": False},
        {"kind": "service", "item": "counselling", "quantity": 3},
    ]
    kept, twice = stations.register().id, stations.register(lines=lines).id
    merge(stations, twice, kept, lines=("l1", "l2", "l3"))
    taken = stations.need(kept).lines[2:]
    assert [line.model_copy(update={"id": ""}) for line in taken] == [
        line.model_copy(update={"id": ""}) for line in stations.need(twice).lines
    ]


def test_two_drafts_become_one(stations: StationsInMemory):
    kept, twice = (stations.register(publish=False).id for _ in range(2))
    merge(stations, twice, kept, lines=("l2",), headcount=3)
    assert len(stations.engine.emitted(NeedEdited)) == 1
    answer = stations.engine.command(PublishNeed(need_id=kept))
    assert (len(answer.lines), answer.volunteers.headcount) == (3, 3)


def test_a_merge_that_was_wrong_is_undone_by_reopening(stations: StationsInMemory):
    kept, twice = stations.register().id, stations.register().id
    merge(stations, twice, kept)
    due = stations.need(twice).due
    again = stations.engine.command(ReopenNeed(need_id=twice, due=due, reason_code="still_needed"))
    assert (again.state, again.merged_into) == ("published", None)


def test_two_needs_that_do_not_go_together_are_refused_with_the_step_that_helps(stations: StationsInMemory):
    kept, twice = stations.register().id, stations.register().id
    draft = stations.register(publish=False).id
    elsewhere = stations.register(station_id=stations.open_next_door()).id
    served = stations.serve()
    assert refusal(stations, kept, kept) == ("invalid", "merged_with_itself", "into_id")
    assert refusal(stations, twice, elsewhere) == ("invalid", "merged_across_stations", "into_id")
    assert refusal(stations, twice, draft) == ("wrong_state", "survivor_is_a_draft", "into_id")
    assert refusal(stations, served, kept)[:2] == ("wrong_state", "need_not_in_state")
    assert refusal(stations, twice, kept, lines=("l9",)) == ("invalid", "line_unknown", "lines.0")
    assert refusal(stations, twice, kept, lines=("l1", "l1")) == ("invalid", "line_named_twice", "lines.1")
    assert refusal(stations, twice, kept, expected_into_version=9)[0] == "version_mismatch"
    assert refusal(stations, twice, served, lines=("l1",))[:2] == ("wrong_state", "service_has_begun")
    merge(stations, twice, kept)
    assert refusal(stations, kept, twice) == ("wrong_state", "survivor_has_ended", "into_id")


def test_a_duplicate_goes_into_a_need_that_is_being_served(stations: StationsInMemory):
    served, twice = stations.serve(), stations.register().id
    assert merge(stations, twice, served).merged_into == served
    assert stations.need(served).state == "served"


def test_nobody_merges_a_need_with_one_outside_their_area(stations: StationsInMemory):
    kept = stations.register(station_id=stations.open_next_door()).id
    twice = stations.register().id
    worker = Actor(kind="person", id="li", roles=("station_worker",), area=COMMUNITY)
    with pytest.raises(Refused) as refused:
        stations.engine.command(MergeNeed(need_id=twice, into_id=kept), actor=worker)
    assert (refused.value.code, refused.value.field) == ("not_found", "into_id")


def test_the_words_that_go_over_are_sealed_for_their_new_need(stations: StationsInMemory):
    kept, twice = stations.register().id, stations.register().id
    merge(stations, twice, kept, lines=("l2",))
    assert "heating" not in stations.text(kept).asked
    assert "heating" in opened(stations.engine, stations.vault, stations.text(kept), "asked")
