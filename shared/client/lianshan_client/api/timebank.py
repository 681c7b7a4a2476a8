"""Calls of timebank: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.timebank import AccountAnswer, BalanceAnswer, BalancePage
from ..calls import Call, Listing


def list_balances(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    service_area: str | None = None,
    volunteer_id: str | None = None,
) -> Listing[BalancePage, BalanceAnswer]:
    """List the people who have had a credit, with their balance in minutes; `volunteer_id` may be a merged id."""
    return Listing(
        "GET",
        "/v1/timebank",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "service_area": service_area,
            "volunteer_id": volunteer_id,
        },
    )


def read_account(volunteer_id: str, *, limit: int | None = None, after: str | int | None = None) -> Call[AccountAnswer]:
    """Show one volunteer's balance, and the statement with each credit, its time and its dispatch."""
    return Call("GET", f"/v1/timebank/{quote(volunteer_id, safe='')}", query={"limit": limit, "after": after})


def read_own_hours(*, limit: int | None = None, after: str | int | None = None) -> Call[AccountAnswer]:
    """Show your own balance in the time bank, and the statement with each credit, its time and its dispatch."""
    return Call("GET", "/v1/me/hours", query={"limit": limit, "after": after})
