"""Calls of screening: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.screening import (
    IndicatorInForce,
    IndicatorsInForce,
    PersonOfAlert,
    ResultsOfResident,
    ResultsRecorded,
    TimesAnswer,
)
from ..bodies.screening import ResultCorrectionIn, ResultsIn
from ..calls import Call, Listing, new_key


def list_indicators_in_force(
    *, area: str | None = None, limit: int | None = None, after: str | int | None = None
) -> Listing[IndicatorsInForce, IndicatorInForce]:
    """List the indicators by which values are judged in an area, by code, with the shipped ones."""
    return Listing("GET", "/v1/indicators:in-force", query={"area": area, "limit": limit, "after": after})


def record_results(screening_id: str, body: ResultsIn, *, idempotency_key: str | None = None) -> Call[ResultsRecorded]:
    """Record the values of one resident in a screening that is running, or late ones of one that has ended."""
    return Call(
        "POST",
        f"/v1/screenings/{quote(screening_id, safe='')}/results",
        body=body,
        idempotency_key=idempotency_key or new_key(),
    )


def correct_result(
    result_id: str, body: ResultCorrectionIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[ResultsRecorded]:
    """Replace a result by another value, judged again. The former one stays."""
    return Call(
        "POST",
        f"/v1/results/{quote(result_id, safe='')}/correct",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def read_results_of_resident(
    resident_id: str, *, limit: int | None = None, before: str | None = None
) -> Call[ResultsOfResident]:
    """Show the results of a resident with their values, newest first, for keys with `personal:read` as well."""
    return Call("GET", f"/v1/residents/{quote(resident_id, safe='')}/results", query={"limit": limit, "before": before})


def read_alert_person(alert_id: str) -> Call[PersonOfAlert]:
    """Show the resident whom an alert is about, for keys with `personal:read` as well. The read is recorded."""
    return Call("GET", f"/v1/alerts/{quote(alert_id, safe='')}/person")


def read_alert_times(*, area: str | None = None) -> Call[TimesAnswer]:
    """Show how fast the alerts of an area are answered and treated, by severity: the median and nine in ten."""
    return Call("GET", "/v1/alerts:times", query={"area": area})
