"""Figures of reports: the same in any order and with any repetition, and as many as their rows."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from examples import examples
from gateway_events import event_of
from hypothesis import given
from hypothesis import strategies as st
from report_views import figures, kept, month, recounted, rows_of, views_after

from services.gateway.features.reports.counting import Tally
from services.gateway.features.reports.need_rows import NEEDS, NeedRow, find_instants
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.summary import coverage_of
from services.gateway.features.reports.view import TABLES
from shared.contracts import CloudEvent
from shared.contracts.need_parts import Place
from shared.contracts.plain import Reminder
from shared.contracts.stations.needs import (
    ConfirmationUndone,
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedPublished,
    NeedReady,
    NeedRegistered,
    NeedReopened,
    NeedServed,
    NeedUnmet,
)
from shared.contracts.stations.network import StationClosed, StationOpened, StationPlanned
from shared.contracts.stations.reopening import EndUndone
from shared.contracts.stations.supervision import (
    FindingClosed,
    FindingOverdue,
    FindingRecorded,
    VisitRecorded,
    VisitWithdrawn,
)
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCredited
from shared.engine.decide.memory import START

HOME, AWAY = "110102009017", "110105001002"
WAYS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "draft": (NeedRegistered, {}),
    "published": (NeedPublished, {}),
    "ready": (NeedReady, {}),
    "reopened": (NeedReopened, {}),
    "served": (NeedServed, {}),
    "confirmed": (NeedConfirmed, {}),
    "partly_served": (NeedConfirmed, {}),
    "undone": (ConfirmationUndone, {"undone_for": "wrong_amounts"}),
    "evaluated": (NeedEvaluated, {"rating": 5}),
    "cancelled": (NeedCancelled, {}),
    "unmet": (NeedUnmet, {}),
    "end_undone": (EndUndone, {"reopened_for": "still_needed"}),
}
STATES = {"reopened": "published", "undone": "served", "end_undone": "published"}
"""The state of those events that are named otherwise."""


def need(way: str, version: int, *, minutes: int = 0, of: str = "need_1", **changes: Any) -> CloudEvent:
    """The event of a need that comes `minutes` after its registration."""
    kind, more = WAYS[way]
    snapshot: dict[str, Any] = {
        "need_id": of, "version": version, "state": STATES.get(way, way), "station_id": "station_1", "area": HOME,
        "theme": "elderly_care", "urgency": "high", "score": 50, "due": START + timedelta(days=9),
        "place": Place(lon=116.35, lat=39.93), "beneficiaries": 3, "registered_at": START,
        "published_at": None if way == "draft" else START + timedelta(minutes=10), **more, **changes,
    }  # fmt: skip
    return event_of(kind(**snapshot), version=version, subject=of, minutes=minutes)


LIFE = [
    need("draft", 1), need("published", 2, minutes=10), need("ready", 3, minutes=70),
    need("reopened", 4, minutes=80), need("ready", 5, minutes=310), need("served", 6, minutes=400),
    need("confirmed", 7, minutes=430), need("undone", 8, minutes=500), need("partly_served", 9, minutes=520),
    need("evaluated", 10, minutes=9_000),
]  # fmt: skip


def test_a_need_counts_where_it_stands_and_with_the_last_time_of_each_step() -> None:
    views = views_after(*LIFE)
    assert figures(views) == {
        "registered": 1, "published": 1, "state:evaluated": 1, "end:partly_served": 1, "confirmed": 1,
        "beneficiaries": 3,
    }  # fmt: skip
    (row,) = rows_of(views, NEEDS)
    assert row.amounts == {
        "beneficiaries": 3, "registered_published": 10, "published_ready": 300, "ready_served": 90,
        "served_confirmed": 120, "published_confirmed": 510,
    }  # fmt: skip
    found = {spread.figure: (spread.number, spread.minutes[0]) for spread in month(views).durations()}
    assert found["published_ready"] == (1, 296)  # 300 in the bucket from 288 to 304
    assert found["registered_published"] == (1, 10)


@examples(12)
@given(st.integers(0, 10_000), st.booleans())
def test_any_order_and_repetition_of_events_counts_the_same(seed: int, together: bool) -> None:
    draw = Random(seed)
    moved = [need("published", 2, of="need_2"), need("cancelled", 3, of="need_2", minutes=5)]
    moved += [need("end_undone", 4, of="need_2", minutes=9, area=AWAY, theme="child_care")]
    events = [*LIFE[: draw.randint(1, len(LIFE))], *moved[: draw.randint(0, 3)]]
    straight, others = views_after(*events), [*events, *draw.choices(events, k=4)]
    draw.shuffle(others)
    other = views_after(*others, together=together)
    assert kept(other) == kept(straight) == recounted(straight)
    assert [row.model_dump(exclude={"version"}) for row in sorted(rows_of(other, NEEDS), key=lambda one: one.id)] == [
        row.model_dump(exclude={"version"}) for row in sorted(rows_of(straight, NEEDS), key=lambda one: one.id)
    ]


def test_a_need_that_is_open_again_has_no_end_and_is_not_ready() -> None:
    views = views_after(*LIFE[:3], need("unmet", 4, minutes=80), need("end_undone", 5, minutes=90))
    assert figures(views) == {"registered": 1, "published": 1, "state:published": 1}
    assert {spread.figure for spread in month(views).durations() if spread.number} == {"registered_published"}


def test_a_duplicate_ends_as_merged_and_not_as_cancelled() -> None:
    views = views_after(*LIFE[:2], need("cancelled", 3, minutes=20, merged_into="need_2"))
    assert figures(views) == {"registered": 1, "published": 1, "state:cancelled": 1, "end:merged": 1}


def test_a_need_of_another_area_and_theme_counts_there_and_nowhere_else() -> None:
    views = views_after(*LIFE[:2], need("published", 3, area=AWAY, theme="child_care"))
    assert figures(views) == {}
    assert figures(views, area="110105") == {"registered": 1, "published": 1, "state:published": 1}
    assert month(views, area="110105").by_theme.keys() == {"child_care"}


@pytest.mark.parametrize("area", [HOME, HOME[:9], HOME[:6]])
@pytest.mark.parametrize("key", ["2026", "2026-03", "2026-03-02"])
def test_counts_are_kept_for_each_level_and_day_month_and_year(area: str, key: str) -> None:
    views = views_after(need("draft", 1))
    assert figures(views, area=area, key=key) == {"registered": 1, "state:draft": 1}


def test_a_need_of_a_whole_city_counts_for_the_city_alone() -> None:
    views = views_after(need("draft", 1, area="1101"))
    assert {one.area for one in views.entities.values() if isinstance(one, Tally)} == {"1101"}


def test_a_state_that_this_release_does_not_know_is_counted_under_its_name_and_no_step_back() -> None:
    views = views_after(*LIFE[:3], need("ready", 4, minutes=75, state="paused"))
    assert figures(views)["state:paused"] == 1
    assert find_instants([(1, "ready", "a"), (2, "paused", "b")]) == {"ready": "a"}


def test_a_need_with_endless_events_keeps_a_bounded_number_of_steps() -> None:
    states = ["ready", "reopened"] * 33
    views = views_after(*LIFE[:2], *(need(way, 3 + n, minutes=11 + n) for n, way in enumerate(states)), together=True)
    (row,) = rows_of(views, NEEDS)
    assert isinstance(row, NeedRow)
    assert len(row.steps) == 60
    assert row.labels == {"state": "published"}


def finding(kind: type[Any], version: int, **changes: Any) -> CloudEvent:
    shape = {
        "id": "finding_1", "version": version, "area": HOME, "visit_id": "visit_1", "station_id": "station_1",
        "topic": "finances", "severity": "serious", "action": "correct_accounts", "due": START + timedelta(days=1),
        "state": "open", **changes,
    }  # fmt: skip
    return event_of(kind(**shape), version=version, subject="finding_1", minutes=version)


def test_findings_count_by_severity_state_and_delay_and_visits_with_their_minutes() -> None:
    visit = {
        "id": "visit_1", "area": HOME, "station_id": "station_1", "kind": "support", "topics": ("finances",),
        "began_at": START, "minutes": 50, "state": "recorded",
    }  # fmt: skip
    late = Reminder(step="correct_finding", was_due=START, level="station", area=HOME, next_at=START)
    visits, findings = TABLES["supervision"]
    events = [
        event_of(VisitRecorded(version=1, **visit), version=1, subject="visit_1"),
        finding(FindingRecorded, 1),
        finding(FindingOverdue, 2, reminder=late),
    ]
    views = views_after(*reversed(events))
    assert figures(views, visits) == {"visits": 1, "kind:support": 1, "visit_minutes": 50}
    assert figures(views, findings) == {"findings": 1, "finding:serious:open": 1, "overdue": 1}
    withdrawn = VisitWithdrawn(version=2, **{**visit, "state": "withdrawn", "reason": "duplicate"})
    views = views_after(
        *events, finding(FindingClosed, 3, state="closed"), event_of(withdrawn, version=2, subject="visit_1")
    )
    assert figures(views, visits) == {}
    assert figures(views, findings) == {"findings": 1, "finding:serious:closed": 1}


def test_minutes_count_as_they_are_credited_and_taken_back_and_a_need_once() -> None:
    hours, served = TABLES["participation"]
    moved = {"need_id": "need_1", "area": HOME, "balance_minutes": 0, "account_version": 1, "dispatch_id": "d_1"}
    events = [
        event_of(
            HoursCredited(**moved, volunteer_id=f"vol_{n}", minutes=60, transfer_id=f"t_{n}"),
            version=n, subject=f"d_{n}",
        )
        for n in (1, 2)
    ]  # fmt: skip
    back = HoursAdjusted(
        **moved, volunteer_id="vol_1", minutes=-20, transfer_id="t_3", reason_code="left_earlier", service_minutes=40,
        short_minutes=0,
    )  # fmt: skip
    views = views_after(*events, events[0], event_of(back, version=3, subject="d_1"))
    assert figures(views, hours) == {"minutes": 100}
    assert figures(views, served) == {"needs_with_volunteers": 1}


def test_the_coverage_of_a_day_is_the_stations_that_stand_in_each_stage_then() -> None:
    shape = {"id": "station_1", "area": HOME, "name": "Elm Hall", "level": "station"}
    day = 24 * 60
    events = [
        event_of(StationPlanned(**shape, version=1, state="planned"), version=1, subject="station_1"),
        event_of(
            StationOpened(**shape, version=2, state="open", opened_at=START), version=2, subject="station_1",
            minutes=2 * day,
        ),
        event_of(
            StationClosed(**shape, version=3, state="closed", opened_at=START), version=3,
            subject="station_1", minutes=40 * day,
        ),
    ]  # fmt: skip
    views = views_after(*reversed(events))
    tallies = [one for one in views.entities.values() if isinstance(one, Tally) and one.area == "110102"]
    series = coverage_of(read_period("2026-03"), tallies)
    found = [(each.day, each.stages["planned"], each.stages["open"]) for each in series]
    assert found[0] == ("2026-02-28", 0, 0)
    assert found[2:5] == [("2026-03-02", 1, 0), ("2026-03-03", 1, 0), ("2026-03-04", 0, 1)]
    by_month = [(each.stages["planned"], each.stages["open"]) for each in coverage_of(read_period("2026-Q2"), tallies)]
    assert by_month == [(0, 1), (0, 0), (0, 0), (0, 0)]
