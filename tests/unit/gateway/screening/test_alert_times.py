"""The times to answer and to treat alerts: the median and nine in ten, from the kept counts of an area."""

from typing import Any

import pytest

from services.gateway.features.screening.figures import describe_times, find_quantile


def row(severity: str, count: int, answered: int | None = None, treated: int | None = None, **more: Any) -> Any:
    values = {"severity": severity, "answered_within": answered, "treated_within": treated, "state": "x", **more}
    return {"values": values, "count": count}


def test_half_and_nine_in_ten_are_found_in_the_classes_of_minutes_by_severity() -> None:
    rows = [
        row("critical", 6, answered=15), row("critical", 3, answered=30, treated=240), row("critical", 1, answered=60),
        row("critical", 2), row("watch", 1),
    ]  # fmt: skip
    critical, watch = describe_times(rows).items
    assert (critical.alerts, critical.answered, critical.answered_p50, critical.answered_p90) == (12, 10, 15, 30)
    assert (critical.treated, critical.treated_p50, critical.treated_p90) == (3, 240, 240)
    assert (watch.alerts, watch.answered, watch.answered_p50, watch.treated_p90) == (1, 0, None, None)


def test_alerts_of_several_states_and_communities_count_together() -> None:
    (high,) = describe_times([row("high", 1, answered=5, state="answered"), row("high", 1, answered=720)]).items
    assert (high.answered, high.answered_p50, high.answered_p90) == (2, 5, 720)


@pytest.mark.parametrize(
    ("histogram", "percent", "found"), [({}, 50, None), ({5: 0}, 90, None), ({5: 1, 15: 1}, 50, 5)]
)
def test_a_percentile_is_the_upper_bound_of_its_class(
    histogram: dict[int, int], percent: int, found: int | None
) -> None:
    assert find_quantile(histogram, percent) == found
