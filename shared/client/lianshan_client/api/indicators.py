"""Calls of indicators: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, IndicatorKind
from ..answers.indicators import Indicator, IndicatorPage, IndicatorShape, IndicatorState
from ..bodies.indicators import DefineIndicator, RetireIndicatorBody, ReviseIndicatorBody
from ..calls import Call, Listing, new_key


def define_indicator(body: DefineIndicator, *, idempotency_key: str | None = None) -> Call[Indicator]:
    """Define an indicator for a province, a city or a district."""
    return Call("POST", "/v1/indicators", body=body, idempotency_key=idempotency_key or new_key())


def list_indicators(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    code: str | None = None,
    kind: Sequence[IndicatorKind] | None = None,
    state: Sequence[IndicatorState] | None = None,
) -> Listing[IndicatorPage, Indicator]:
    """List indicators, newest first."""
    return Listing(
        "GET",
        "/v1/indicators",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "code": code,
            "kind": kind,
            "state": state,
        },
    )


def count_indicators(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count indicators by state and kind."""
    return Call("GET", "/v1/indicators:count", query={"area": area})


def read_indicator(indicator_id: str) -> Call[Indicator]:
    """Show one indicator."""
    return Call("GET", f"/v1/indicators/{quote(indicator_id, safe='')}")


def read_indicator_history(
    indicator_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one indicator, oldest first."""
    return Listing(
        "GET", f"/v1/indicators/{quote(indicator_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def revise_indicator(
    indicator_id: str,
    body: ReviseIndicatorBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[IndicatorShape]:
    """Replace words, choices and thresholds of an indicator for results from now on."""
    return Call(
        "POST",
        f"/v1/indicators/{quote(indicator_id, safe='')}/revise",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def retire_indicator(
    indicator_id: str,
    body: RetireIndicatorBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[IndicatorShape]:
    """Use an indicator no longer in its area; its results stay."""
    return Call(
        "POST",
        f"/v1/indicators/{quote(indicator_id, safe='')}/retire",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
