"""Calls of funds: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.funds import FundAnswer, FundPage
from ..bodies.funds import OpenFund
from ..calls import Call, Listing, new_key


def open_fund(body: OpenFund, *, idempotency_key: str | None = None) -> Call[FundAnswer]:
    """Open the fund of a community, street, district or city."""
    return Call("POST", "/v1/funds", body=body, idempotency_key=idempotency_key or new_key())


def list_funds(
    *, limit: int | None = None, after: str | int | None = None, external_id: str | None = None, area: str | None = None
) -> Listing[FundPage, FundAnswer]:
    """List funds with their money, newest first."""
    return Listing("GET", "/v1/funds", query={"limit": limit, "after": after, "external_id": external_id, "area": area})


def read_fund(fund_id: str) -> Call[FundAnswer]:
    """Show one fund with its money."""
    return Call("GET", f"/v1/funds/{quote(fund_id, safe='')}")
