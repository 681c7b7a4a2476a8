"""The demo goes by the events, in any order, and fails when the day ends otherwise."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.lianshan.demo import report, scene, script
from deploy.lianshan.demo.listener import Received
from deploy.lianshan.demo.observations import Day, ObservedNeed
from deploy.lianshan.demo.run import Outcome
from deploy.lianshan.demo.words import DemoWords
from deploy.lianshan.laws import LAWS
from shared.contracts import CloudEvent, EventData
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, Source
from shared.contracts.need_parts import Place, Waiting
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.needs import NeedEvaluated, NeedPublished, NeedReady, NeedUnmet
from shared.contracts.volunteering.dispatch import DispatchView, StaffingChanged, VolunteersConfirmed
from shared.contracts.volunteering.timebank import HoursCredited

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOOKS = script.BOOKS
ALERT = script.ALERT


def received(data: EventData, nth: int = 0, after_ms: int = 0) -> Received:
    event = CloudEvent.model_construct(
        id=f"n.{nth}", source=f"/{data.type}", type=data.type, time=NOW, data=data, subject="n", sequence="1"
    )
    return Received(event, NOW.timestamp() + after_ms / 1000)


def need(kind: type[Any], version: int, state: str, **more: Any) -> Any:
    return kind(
        need_id="n", version=version, state=state, station_id="s", area="110102009020", theme="children", urgency="low",
        score=10, due=NOW + timedelta(days=1), place=Place(lon=116.3, lat=39.9), beneficiaries=3, **more,
    )  # fmt: skip


def link(kind: type[Any], version: int, state: str, *rings: str, waits: Reason | None = None) -> Any:
    sources = [Source(line_id="l1", account_id="a", transfer_id=f"t{n}", ring=r, amount=1) for n, r in enumerate(rings)]
    waiting = (
        [Waiting(for_what=waits, reason=reason("none_is_left"), next_step=reason("the_next_donation"))] if waits else []
    )
    return kind(
        need_id="n", version=version, state=state, area="110102009020", sources=tuple(sources), waiting=tuple(waiting)
    )


def staffing(kind: type[Any], version: int, state: str, *parts: DispatchView) -> Any:
    return kind(
        need_id="n", version=version, state=state, area="110102009020", headcount=2, confirmed=2, offered=0,
        changed=parts,
    )  # fmt: skip


def dispatch(nth: int, version: int, state: str) -> DispatchView:
    return DispatchView(
        dispatch_id=f"d{nth}", version=version, volunteer_id=f"v{nth}", state=state, ring="street", wave=1,
        starts_at=NOW, ends_at=NOW + timedelta(hours=1), minutes=1, why=reason("near"),
    )  # fmt: skip


def told(scripted: script.ScriptedNeed, *events: EventData) -> ObservedNeed:
    day = Day()
    observed = day.register(scripted, "n")
    for nth, data in enumerate(events):
        day.take(received(data, nth))
    return observed


BOOKS_DAY = (
    need(NeedPublished, 1, "published"),
    link(ResourcesLinked, 1, "committed", "station"),
    need(NeedReady, 2, "ready"),
    link(ResourcesDelivered, 2, "delivered", "station"),
    need(NeedEvaluated, 4, "evaluated", rating=5),
)


def test_the_story_is_the_same_in_whatever_order_the_events_come() -> None:
    for order in itertools.permutations(BOOKS_DAY):
        observed = told(BOOKS, *order)
        assert (observed.state, observed.rings) == ("evaluated", ("station",))
        assert observed.link is not None
        assert observed.link.state == "delivered"


def test_an_event_that_comes_twice_counts_once() -> None:
    day = Day()
    day.register(BOOKS, "n")
    assert [day.take(received(BOOKS_DAY[0])), day.take(received(BOOKS_DAY[0])), day.count] == [True, False, 1]


def test_latency_runs_from_the_publication_to_the_first_answer_as_both_arrived() -> None:
    day = Day()
    observed = day.register(BOOKS, "n")
    day.take(received(link(ResourcesLinked, 1, "partial", "station"), 1, after_ms=30))
    day.take(received(BOOKS_DAY[0], 2, after_ms=5))
    day.take(received(link(ResourcesLinked, 2, "committed", "station"), 3, after_ms=900))
    assert observed.link_ms == pytest.approx(25, abs=0.01)
    assert observed.offer_ms is None


def test_a_wait_counts_for_the_thing_that_was_awaited() -> None:
    observed = told(
        script.WHEELCHAIR,
        link(ResourcesLinked, 1, "waiting", waits=reason("for_commodity", missing=3, commodity="goods:wheelchair")),
    )
    assert observed.waited("wheelchair")
    assert not observed.waited("rice")


# ---- held to the script --------------------------------------------------------------------------------------


def of(scripted: script.ScriptedNeed, observed: ObservedNeed, **shown: Any) -> list[str]:
    day = Day()
    day.needs[scripted.key] = observed
    found = report.find_deviations(day, {scripted.key: {"state": observed.state, **shown}}, DemoWords("en"))
    return [words for words in found if words.startswith(f"{scripted.key}:")]


def test_a_need_that_ended_as_the_script_says_is_no_surprise() -> None:
    assert of(BOOKS, told(BOOKS, *BOOKS_DAY)) == []


def test_a_need_that_was_never_published_is_a_surprise() -> None:
    (words,) = report.find_deviations(Day(), {}, DemoWords("en"))
    assert words.startswith("never published: ")
    assert BOOKS.short.en in words


def test_another_end_is_a_surprise_and_so_is_another_view_of_the_api() -> None:
    observed = told(BOOKS, *BOOKS_DAY[:3])
    assert of(BOOKS, observed) == [
        "books: its events say ready, the API shows ready; it had to end evaluated",
    ]
    observed = told(BOOKS, *BOOKS_DAY)
    assert of(BOOKS, observed, state="confirmed") == [
        "books: its events say evaluated, the API shows confirmed; it had to end evaluated"
    ]


def test_another_ring_is_a_surprise() -> None:
    events = (*BOOKS_DAY, link(ResourcesDelivered, 3, "delivered", "district"))
    assert of(BOOKS, told(BOOKS, *events)) == ["books: linked from district, it had to be from station"]


def test_a_need_that_had_to_wait_and_did_not_is_a_surprise() -> None:
    observed = told(script.WARMTH, link(ResourcesLinked, 1, "committed", "street"))
    assert "warmth: never waited for quilt with a reason and a next step" in of(script.WARMTH, observed)


def test_volunteers_who_were_not_credited_are_a_surprise() -> None:
    served = (
        need(NeedEvaluated, 5, "evaluated", rating=5),
        link(ResourcesDelivered, 2, "delivered", "station"),
        staffing(VolunteersConfirmed, 1, "staffed", dispatch(1, 1, "accepted"), dispatch(2, 1, "accepted")),
        staffing(StaffingChanged, 2, "credited", dispatch(1, 2, "credited")),
    )
    assert of(ALERT, told(ALERT, *served)) == ["alert: 1 of 2 volunteers were credited"]
    whole = (*served, staffing(StaffingChanged, 3, "credited", dispatch(2, 2, "credited")))
    assert of(ALERT, told(ALERT, *whole)) == []


def test_nobody_declining_is_a_surprise_where_one_had_to() -> None:
    assert "safety: nobody declined" in of(script.SAFETY, told(script.SAFETY))


def test_the_table_has_a_row_for_each_need_and_the_credited_minutes() -> None:
    day = Day()
    day.register(ALERT, "n")
    credit = {"need_id": "n", "volunteer_id": "v", "area": "110102009013", "transfer_id": "t", "account_version": 1}
    for nth in (1, 2):
        data = HoursCredited(**credit, dispatch_id=f"d{nth}", minutes=40, balance_minutes=40)
        day.take(received(data, nth))
    (row,) = report.to_json(day, DemoWords("en"))
    assert (row["need"], row["minutes_credited"]) == ("alert", 80)
    assert report.make_needs_table(day, DemoWords("en")).row_count == 1


def test_an_unmet_need_shows_that_nothing_was_found_also_before_its_link_is_released() -> None:
    observed = told(script.COOLING, link(ResourcesLinked, 1, "waiting"), need(NeedUnmet, 3, "unmet"))
    assert report._make_row(observed, DemoWords("en"))[2] == "nothing found"


# ---- the exit status -----------------------------------------------------------------------------------------


def test_the_demo_succeeds_only_when_nothing_is_wrong_and_every_law_was_checked_and_kept() -> None:
    kept: dict[str, list[str]] = {law: [] for law in LAWS}
    assert Outcome(DemoWords("en"), laws=kept).ok
    assert not Outcome(DemoWords("en")).ok
    assert not Outcome(DemoWords("en"), laws=kept, wrong=["books: was never published"]).ok
    assert not Outcome(DemoWords("en"), laws={**kept, "L4": ["volunteer v has two"]}).ok


# ---- the script itself ---------------------------------------------------------------------------------------


def test_the_scene_is_the_seeds_one_centre_eleven_stations_and_all_communities() -> None:
    assert len(scene.STATIONS) == 12
    assert set(scene.STATIONS) - {scene.CENTRE} <= set(scene.COMMUNITIES)
    assert len(set(scene.COMMUNITIES)) == 23
    people = list(scene.volunteers())
    assert 60 <= len(people) <= 120
    assert len({person.body()["phone"] for person in people}) == len(people)
    assert {person.community for person in people} == set(scene.COMMUNITIES)


def test_every_need_stands_at_a_station_and_is_published_once() -> None:
    assert all(scripted.station in scene.STATIONS for scripted in script.NEEDS)
    assert len({scripted.key for scripted in script.NEEDS}) == len(script.NEEDS)
    served = {69: script.MEDICATION, 48: script.COMFORT, 200: script.LECTURE, 30: script.HARDSHIP}
    assert all(scripted.people_helped == count for count, scripted in served.items())
