"""Figures of screenings and alerts: the same in any order and with any repetition, by codes and times alone."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from examples import examples
from gateway_events import event_of
from hypothesis import given
from hypothesis import strategies as st
from report_views import figures, kept, month, recounted, rows_of, views_after

from services.gateway.features.reports.answer import Scope, spreads_of
from services.gateway.features.reports.periods import read_period
from services.gateway.features.reports.screening_rows import ALERT_NEEDS, ALERTS, SCREENINGS
from shared.contracts import CloudEvent
from shared.contracts.stations.alerts import (
    AlertAnswered,
    AlertDetected,
    AlertDismissed,
    AlertHandedOver,
    AlertOverdue,
    AlertRaised,
    AlertTreated,
    DismissalRequested,
)
from shared.contracts.stations.screenings import (
    ScreeningBegun,
    ScreeningCancelled,
    ScreeningEnded,
    ScreeningPlanned,
    ScreeningProgressed,
)
from shared.engine.decide.memory import START

HOME, AWAY = "110102009017", "110105001002"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def screening(kind: type[Any], version: int, **changes: Any) -> CloudEvent:
    shape: dict[str, Any] = {
        "id": "screening_1", "version": version, "area": HOME, "station_id": "station_1",
        "indicators": ("systolic_pressure",), "expected": 50, "starts_at": START + 40 * DAY,
        "ends_at": START + 41 * DAY, "state": "running", **changes,
    }  # fmt: skip
    return event_of(kind(**shape), version=version, subject="screening_1", minutes=version)


def alert(kind: type[Any], version: int, *, of: str = "alert_1", minutes: int = 0, **changes: Any) -> CloudEvent:
    """The event of an alert that comes `minutes` after its detection; it is to be answered within 30."""
    shape: dict[str, Any] = {
        "id": of, "version": version, "area": HOME, "station_id": "station_1", "screening_id": "screening_1",
        "indicator": "systolic_pressure", "severity": "critical", "state": "detected", "detected_at": START,
        "answer_by": START + 30 * MINUTE, "treat_by": START + DAY, "family": "to_tell", **changes,
    }  # fmt: skip
    return event_of(kind(**shape), version=version, subject=of, minutes=minutes)


ANSWERED = {"state": "answered", "answered_at": START + 20 * MINUTE, "answered_within": 30, "answered_way": "in_person"}
TREATED = {**ANSWERED, "state": "treated", "treated_at": START + 120 * MINUTE, "treatment": "seen_by_doctor"}
NEED = {"need_id": "need_1"}
HELD = [
    screening(ScreeningPlanned, 1, state="planned"),
    screening(ScreeningBegun, 2, began_at=START),
    screening(ScreeningProgressed, 3, began_at=START, examined=1, results=3, critical=1),
    screening(ScreeningProgressed, 4, began_at=START, examined=2, results=5, critical=1, high=1),
    screening(ScreeningEnded, 5, began_at=START, examined=2, results=5, critical=1, high=1, state="ended"),
]
LIFE = [
    alert(AlertDetected, 1, severity="high", **NEED),
    alert(AlertRaised, 2, minutes=5, **NEED),
    alert(AlertAnswered, 3, minutes=20, **NEED, **ANSWERED),
    alert(AlertHandedOver, 4, minutes=60, area=AWAY, station_id="station_2", **NEED, **ANSWERED),
    alert(AlertTreated, 5, minutes=120, area=AWAY, station_id="station_2", **NEED, **TREATED),
]
JOINED = [
    alert(AlertDetected, 1, of="alert_2", indicator="fasting_glucose", **NEED),
    alert(AlertDetected, 1, of="alert_3", severity="watch", indicator="lives_alone"),
]


def test_a_screening_counts_with_the_people_the_values_and_the_crossings_of_its_newest_event() -> None:
    assert figures(views_after(*HELD), SCREENINGS) == {
        "screenings": 1, "state:ended": 1, "expected": 50, "examined": 2, "results": 5, "crossings_high": 1,
        "crossings_critical": 1,
    }  # fmt: skip


def test_a_screening_that_has_not_begun_counts_on_the_day_for_which_it_is_planned() -> None:
    views = views_after(HELD[0])
    assert figures(views, SCREENINGS) == {}
    assert figures(views, SCREENINGS, key="2026-04") == {"screenings": 1, "state:planned": 1, "expected": 50}


def test_nobody_is_expected_at_a_screening_that_was_cancelled() -> None:
    views = views_after(HELD[0], screening(ScreeningCancelled, 2, state="cancelled", reason="no_staff"))
    assert figures(views, SCREENINGS, key="2026-04") == {"screenings": 1, "state:cancelled": 1}


def test_an_alert_counts_by_indicator_severity_state_and_by_its_answer_in_time() -> None:
    views = views_after(*LIFE[:3])
    assert figures(views, ALERTS) == {
        "alerts": 1, "alert:critical:answered": 1, "indicator:systolic_pressure:critical": 1,
        "answered:critical:in_time": 1, "treated:critical:waiting": 1,
    }  # fmt: skip
    times = spreads_of(
        "screenings", ALERTS, Scope.of(HOME, read_period("2026-03"), None), month(views, ALERTS).durations()
    )
    assert [(each.figure, each.labels, each.count, each.p50) for each in times if each.count] == [
        ("detected_answered", {}, 1, 20), ("detected_answered", {"severity": "critical"}, 1, 20)
    ]  # fmt: skip
    assert "figure=detected_answered%3Acritical&" in times[3].rows


@pytest.mark.parametrize(
    ("events", "answered", "treated"),
    [
        ([alert(AlertDetected, 1)], "waiting", "waiting"),
        ([alert(AlertOverdue, 2, overdue=True)], "overdue", "waiting"),
        ([alert(AlertAnswered, 2, **{**ANSWERED, "answered_at": START + 31 * MINUTE})], "late", "waiting"),
        ([alert(AlertOverdue, 3, **ANSWERED, overdue=True)], "in_time", "overdue"),
        ([alert(AlertTreated, 3, **{**TREATED, "treated_at": START + 2 * DAY})], "in_time", "late"),
        ([alert(DismissalRequested, 2, state="dismissal_asked", reason="measured_wrongly")], None, None),
        ([alert(AlertDismissed, 3, state="dismissed", reason="measured_wrongly")], None, None),
    ],
)
def test_an_alert_is_answered_and_treated_in_time_late_or_not_yet(
    events: list[CloudEvent], answered: str | None, treated: str | None
) -> None:
    found = figures(views_after(*events), ALERTS)
    assert [name for name in found if name.startswith(("answered:", "treated:"))] == [
        f"{name}:critical:{value}" for name, value in (("answered", answered), ("treated", treated)) if value
    ]
    assert found.get("dismissed:measured_wrongly", 0) == (events[0].type == "stations.alert.dismissed")


def test_alerts_of_one_examination_count_their_need_once_with_the_gravest_of_them() -> None:
    views = views_after(*JOINED, alert(AlertDetected, 1, severity="high", **NEED))
    assert figures(views, ALERT_NEEDS) == {"needs_opened": 1, "need_opened:critical": 1}
    assert [row.id for row in rows_of(views, ALERT_NEEDS)] == ["need_1"]


def test_an_alert_without_a_need_names_the_rule_against_it() -> None:
    found = figures(views_after(alert(AlertDetected, 1, need_refused="home_not_located")), ALERTS)
    assert found["need_refused:home_not_located"] == 1


def test_an_alert_counts_where_its_person_is_cared_for_now_and_its_need_where_it_was_opened() -> None:
    views = views_after(*LIFE)
    assert figures(views, ALERTS) == {}
    assert figures(views, ALERTS, area="110105")["treatment:seen_by_doctor"] == 1
    assert figures(views, ALERT_NEEDS) == {"needs_opened": 1, "need_opened:high": 1}


@examples(12)
@given(st.integers(0, 10_000), st.booleans())
def test_any_order_and_repetition_of_events_counts_the_same(seed: int, together: bool) -> None:
    draw = Random(seed)
    events = [*HELD[: draw.randint(1, 5)], *LIFE[: draw.randint(1, 5)], *JOINED[: draw.randint(0, 2)]]
    straight, others = views_after(*events), [*events, *draw.choices(events, k=4)]
    draw.shuffle(others)
    other = views_after(*others, together=together)
    assert kept(other) == kept(straight) == recounted(straight)
