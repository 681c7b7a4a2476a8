"""The times to answer and to treat alerts: quantiles of the histograms that the counts of alerts keep. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from services.gateway.features.screening.answer import AlertTimes, TimesAnswer

HALF: Final = 50
MOST: Final = 90
_PERCENT: Final = 100


def describe_times(rows: Iterable[Mapping[str, Any]]) -> TimesAnswer:
    """Return the times by severity, of rows with the counted `values` and the `count` of each."""
    alerts: Counter[str] = Counter()
    answered: defaultdict[str, Counter[int]] = defaultdict(Counter)
    treated: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        values, count = row["values"], int(row["count"])
        severity = str(values["severity"])
        alerts[severity] += count
        for histogram, field in ((answered, "answered_within"), (treated, "treated_within")):
            if values.get(field) is not None:
                histogram[severity][int(values[field])] += count
    return TimesAnswer(
        items=[
            AlertTimes(
                severity=severity, alerts=count,
                answered=answered[severity].total(), answered_p50=find_quantile(answered[severity], HALF),
                answered_p90=find_quantile(answered[severity], MOST),
                treated=treated[severity].total(), treated_p50=find_quantile(treated[severity], HALF),
                treated_p90=find_quantile(treated[severity], MOST),
            )
            for severity, count in sorted(alerts.items())
        ]
    )  # fmt: skip


def find_quantile(histogram: Mapping[int, int], percent: int) -> int | None:
    """Return the upper bound of the class that holds this percentile; None of an empty histogram."""
    total, below = sum(histogram.values()), 0
    for bound in sorted(histogram):
        below += histogram[bound]
        if below * _PERCENT >= total * percent and total:
            return bound
    return None
