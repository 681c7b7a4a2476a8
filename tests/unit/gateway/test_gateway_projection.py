import json

from gateway_house import (
    NEED,
    Projector,
    accepted,
    cancelled,
    credited,
    donated,
    linked,
    offered,
    published,
    ready,
    said,
    whole_story,
)
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.reading import need_as_read
from services.gateway.projection.views import DispatchView, FeedHead, NeedView, StockView, TimebankView
from shared.contracts import CloudEvent, read_event
from shared.contracts.charity.donors import DonorRegistered

STORY = whole_story()


def as_read(projector: Projector) -> dict[str, object]:
    view = projector.view(NeedView, NEED)
    return need_as_read({**view.model_dump(), "_id": view.id}, None)


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=8), st.booleans())
def test_any_order_and_repetition_of_events_shows_the_same(
    order: list[CloudEvent], again: list[CloudEvent], together: bool
) -> None:
    straight = Projector().hear(*STORY)
    other = Projector()
    if together:
        other.hear_together([*order, *again])
    else:
        other.hear(*order, *again)
    assert other.views() == straight.views()


@given(st.permutations(STORY), st.lists(st.integers(1, 4), max_size=10))
def test_every_event_gets_the_next_cursor_without_gap_or_double(order: list[CloudEvent], cuts: list[int]) -> None:
    projector, waiting = Projector(), list(order)
    for cut in cuts:
        projector.hear_together(waiting[:cut])
        waiting = waiting[cut:]
    projector.hear(*waiting)
    feed = projector.feed()
    assert [item.cursor for item in feed] == list(range(1, len(STORY) + 1))
    assert projector.view(FeedHead, "feed").last == len(STORY)
    assert {read_event(item.event).key for item in feed} == {event.key for event in STORY}


def test_a_repeated_event_has_one_place_in_the_feed() -> None:
    projector = Projector().hear(published(), published()).hear_together([published(), ready()])
    assert [item.type for item in projector.feed()] == ["stations.need.published", "stations.need.ready"]


def test_the_feed_keeps_events_that_nobody_projects() -> None:
    unknown = CloudEvent.model_validate_json(
        json.dumps({**json.loads(published().model_dump_json()), "type": "stations.case.opened", "id": "x"})
    )
    assert Projector().hear(unknown).feed()[0].type == "stations.case.opened"


def test_an_answer_that_comes_before_the_need_is_kept_and_the_need_not_shown_yet() -> None:
    projector = Projector().hear(linked(1, 30))
    assert projector.view(NeedView, NEED).seen == 0
    projector.hear(published())
    view = projector.view(NeedView, NEED)
    assert (view.seen, view.link["state"]) == (1, "committed")


def test_a_cancellation_that_comes_before_its_publication_stays() -> None:
    projector = Projector().hear(cancelled(), published())
    assert projector.view(NeedView, NEED).state == "cancelled"


def test_the_timeline_tells_what_all_three_services_did_in_order_of_time() -> None:
    read = as_read(Projector().hear(ready(), accepted(), offered(), linked(1, 30), published(), credited(1, 60)))
    assert [entry["what"] for entry in read["timeline"]] == [  # type: ignore[attr-defined]
        "stations.need.published",
        "charity.link.linked",
        "volunteering.staffing.offered",
        "volunteering.staffing.changed",
        "stations.need.ready",
        "volunteering.hours.credited",
    ]
    assert all(set(entry) == {"at", "what", "detail"} for entry in read["timeline"])  # type: ignore[attr-defined]


def test_lines_show_what_charity_committed_and_volunteers_how_many_are_confirmed() -> None:
    read = as_read(Projector().hear(published(), linked(1, 10), offered(), accepted()))
    assert read["lines"][0] == {  # type: ignore[index]
        "id": "l1", "kind": "goods", "item": "rice", "quantity": 30, "unit": "bag", "requested": 30,
        "committed": 10, "fulfilled": 0,
    }  # fmt: skip
    assert (read["volunteers"]["confirmed"], read["volunteers"]["headcount"]) == (1, 2)  # type: ignore[index]


def test_a_need_that_is_short_of_something_stands_in_the_waiting_list_with_reason_and_next_step() -> None:
    projector = Projector().hear(published(), linked(1, 10))
    assert projector.view(NeedView, NEED).waiting
    waiting = as_read(projector)["waiting"]
    assert {"for_what": "rice", "reason": "no ring has more", "next_step": "a donation"} in waiting  # type: ignore[operator]
    projector.hear(linked(2, 30))
    assert not projector.view(NeedView, NEED).waiting


def test_a_need_that_nobody_has_answered_says_whose_answer_is_missing() -> None:
    waiting = as_read(Projector().hear(published()))["waiting"]
    assert [part["for_what"] for part in waiting] == ["resources", "volunteers"]  # type: ignore[attr-defined]


def test_stock_shows_the_newest_balance_whichever_event_brought_it() -> None:
    projector = Projector().hear(linked(1, 10), donated())
    stock = projector.view(StockView, "acc")
    assert (stock.seen, stock.balance, stock.reserved) == (2, 40, 10)


def test_a_dispatch_shows_its_newest_state() -> None:
    projector = Projector().hear(accepted(), offered())
    assert projector.view(DispatchView, "dispatch_1").state == "accepted"


def test_a_balance_is_the_newest_one() -> None:
    projector = Projector().hear(credited(2, 120), credited(1, 60))
    assert projector.view(TimebankView, "volunteer_1").balance_minutes == 120


def test_views_and_feed_hold_no_names() -> None:
    projector = Projector().hear(said(DonorRegistered(donor_id="donor_1"), version=1, subject="donor_1"))
    ((_, view),) = projector.views().items()
    assert set(view) == {"id", "seen", "registered_at"}
