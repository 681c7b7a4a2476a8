"""Calls of alerts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.alerts import Alert, AlertPage, AlertShape, AlertState, FamilyState
from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, RiskSeverity
from ..bodies.alerts import (
    AnswerAlertBody,
    ConfirmDismissalBody,
    DismissAlertBody,
    RejectDismissalBody,
    TellFamilyBody,
    TreatAlertBody,
)
from ..calls import Call, Listing, new_key


def list_alerts(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    screening_id: str | None = None,
    indicator: str | None = None,
    severity: Sequence[RiskSeverity] | None = None,
    state: Sequence[AlertState] | None = None,
    overdue: bool | None = None,
    family: Sequence[FamilyState] | None = None,
) -> Listing[AlertPage, Alert]:
    """List alerts, newest first."""
    return Listing(
        "GET",
        "/v1/alerts",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "screening_id": screening_id,
            "indicator": indicator,
            "severity": severity,
            "state": state,
            "overdue": overdue,
            "family": family,
        },
    )


def count_alerts(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count alerts by state and severity and overdue and answered_within and treated_within."""
    return Call("GET", "/v1/alerts:count", query={"area": area})


def read_alert(alert_id: str) -> Call[Alert]:
    """Show one alert."""
    return Call("GET", f"/v1/alerts/{quote(alert_id, safe='')}")


def read_alert_history(
    alert_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one alert, oldest first."""
    return Listing("GET", f"/v1/alerts/{quote(alert_id, safe='')}/history", query={"limit": limit, "after": after})


def answer_alert(
    alert_id: str, body: AnswerAlertBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[AlertShape]:
    """Record that the person was reached."""
    return Call(
        "POST",
        f"/v1/alerts/{quote(alert_id, safe='')}/answer",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def treat_alert(
    alert_id: str, body: TreatAlertBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[AlertShape]:
    """Record that the person was treated; one who was not reached before is reached thereby."""
    return Call(
        "POST",
        f"/v1/alerts/{quote(alert_id, safe='')}/treat",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def tell_family(
    alert_id: str,
    body: TellFamilyBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[AlertShape]:
    """Record that the family was told, which the person's separate consent has to allow."""
    return Call(
        "POST",
        f"/v1/alerts/{quote(alert_id, safe='')}/tell-family",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def dismiss_alert(
    alert_id: str, body: DismissAlertBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[AlertShape]:
    """Close an alert as a false one; of a critical one another person is asked to check it."""
    return Call(
        "POST",
        f"/v1/alerts/{quote(alert_id, safe='')}/dismiss",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def confirm_dismissal(
    alert_id: str,
    body: ConfirmDismissalBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[AlertShape]:
    """Close a critical alert as a false one, which another person has asked for."""
    return Call(
        "POST",
        f"/v1/alerts/{quote(alert_id, safe='')}/confirm-dismissal",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def reject_dismissal(
    alert_id: str,
    body: RejectDismissalBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[AlertShape]:
    """Keep a critical alert open that another person holds for a false one."""
    return Call(
        "POST",
        f"/v1/alerts/{quote(alert_id, safe='')}/reject-dismissal",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
