"""Needs as the events of three services make them, in any order; and as the API answers them."""

import json
from typing import Any

import pytest
from examples import examples
from gateway_events import (
    NEED,
    ProjectorInMemory,
    accepted,
    cancelled,
    credited,
    linked,
    offered,
    published,
    ready,
    whole_story,
)
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.features.needs.answer import NeedAnswer, need_from_view
from services.gateway.features.needs.view import NeedView
from services.gateway.features.needs.waiting import waits
from services.gateway.http.replies import reply
from shared.contracts import CloudEvent

STORY = whole_story()


def answered(projector: ProjectorInMemory) -> dict[str, Any]:
    """The need as `GET /v1/needs/{id}` gives it back, from the view as it is stored."""
    stored = projector.view(NeedView, NEED).to_document()
    answer: dict[str, Any] = json.loads(reply(need_from_view(NeedAnswer, NeedView.from_document(stored))).body)
    return answer


@examples()
@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=8), st.booleans())
def test_any_order_and_repetition_of_events_shows_the_same(
    order: list[CloudEvent], again: list[CloudEvent], together: bool
) -> None:
    straight = ProjectorInMemory().project(*STORY)
    other = ProjectorInMemory()
    if together:
        other.project_together([*order, *again])
    else:
        other.project(*order, *again)
    assert other.views() == straight.views()


def test_an_answer_that_comes_before_the_need_is_kept_and_the_need_not_shown_yet() -> None:
    projector = ProjectorInMemory().project(linked(1, 30))
    assert projector.view(NeedView, NEED).seen == 0
    projector.project(published())
    view = projector.view(NeedView, NEED)
    assert (view.seen, view.link["state"]) == (1, "committed")


def test_a_cancellation_that_comes_before_its_publication_stays() -> None:
    projector = ProjectorInMemory().project(cancelled(), published())
    assert projector.view(NeedView, NEED).state == "cancelled"


def test_the_timeline_tells_what_all_three_services_did_in_order_of_time() -> None:
    read = answered(
        ProjectorInMemory().project(ready(), accepted(), offered(), linked(1, 30), published(), credited(1, 60))
    )
    assert [entry["what"] for entry in read["timeline"]] == [
        "stations.need.published",
        "charity.link.linked",
        "volunteering.staffing.offered",
        "volunteering.staffing.changed",
        "stations.need.ready",
        "volunteering.hours.credited",
    ]
    assert all(set(entry) == {"at", "what", "reasons", "waiting"} for entry in read["timeline"])


def test_lines_show_what_charity_committed_and_volunteers_how_many_are_confirmed() -> None:
    read = answered(ProjectorInMemory().project(published(), linked(1, 10), offered(), accepted()))
    assert read["lines"][0] == {
        "id": "l1", "kind": "goods", "item": "quilt", "quantity": 30, "unit": "piece",
        "base_unit": "piece", "requested": 30,
        "committed": 10, "fulfilled": 0,
    }  # fmt: skip
    assert (read["volunteers"]["confirmed"], read["volunteers"]["headcount"]) == (1, 2)


def test_a_need_that_is_short_of_something_stands_in_the_waiting_list_with_reason_and_next_step() -> None:
    projector = ProjectorInMemory().project(published(), linked(1, 10))
    assert projector.view(NeedView, NEED).waiting
    waiting = answered(projector)["waiting"]
    codes = [{name: part["code"] for name, part in entry.items()} for entry in waiting]
    assert {"for_what": "rice", "reason": "no_ring_has_more", "next_step": "a_donation"} in codes
    projector.project(linked(2, 30), offered(), accepted())
    assert not projector.view(NeedView, NEED).waiting


@given(st.permutations(STORY))
@examples()
def test_the_waiting_list_has_a_need_as_long_as_its_body_says_why_it_waits(order: list[CloudEvent]) -> None:
    projector = ProjectorInMemory().project(published())
    for event in order:
        view = projector.project(event).view(NeedView, NEED)
        assert view.waiting == bool(answered(projector)["waiting"])


@pytest.mark.parametrize("state", ["published", "in_service"])
def test_a_need_that_lacks_goods_waits_also_while_it_is_served_and_before_anybody_has_answered(state: str) -> None:
    asked, short = {"lines": [{"id": "l1"}], "volunteers": None}, {"waiting": [{"for_what": "rice"}]}
    assert waits(state, asked, short, {})
    assert waits(state, asked, {}, {})
    assert not waits(state, asked, {"waiting": []}, {})
    assert not waits("cancelled", asked, short, {})
    assert not waits("", {}, short, {}), "its own event has not arrived"


def test_a_reopened_need_waits_as_long_as_the_others_still_tell_its_end() -> None:
    ended: dict[str, Any] = {"state": "released", "waiting": []}
    assert waits("published", {"lines": [{"id": "l1"}], "volunteers": None}, ended, {})
    assert waits("published", {"lines": [], "volunteers": {"headcount": 1}}, {}, ended)


@pytest.mark.parametrize("state", ["confirmed", "partly_served", "evaluated"])
def test_a_confirmed_need_waits_for_what_its_station_states_and_the_books_lack(state: str) -> None:
    lacks: dict[str, Any] = {"waiting": [{"reason": {"code": "delivered_beyond_supply"}}]}
    assert waits(state, {}, {**lacks, "state": "delivered"}, {})
    assert not waits(state, {}, {**lacks, "state": "partial"}, {}), "charity has not heard of the confirmation yet"


def test_a_need_that_nobody_has_answered_says_whose_answer_is_missing() -> None:
    waiting = answered(ProjectorInMemory().project(published()))["waiting"]
    assert [part["for_what"]["text"] for part in waiting] == ["resources", "volunteers"]
