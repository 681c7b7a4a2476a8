"""Calls of homes: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.homes import Home, HomePage, HomeShape, HomeState
from ..bodies.homes import AddHome, RemoveHomeBody
from ..calls import Call, Listing, new_key


def add_home(body: AddHome, *, idempotency_key: str | None = None) -> Call[Home]:
    """Add the home of a need to a plan; a draft is cancelled, because the plan serves it."""
    return Call("POST", "/v1/homes", body=body, idempotency_key=idempotency_key or new_key())


def list_homes(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    plan_id: str | None = None,
    station_id: str | None = None,
    state: Sequence[HomeState] | None = None,
) -> Listing[HomePage, Home]:
    """List homes, newest first."""
    return Listing(
        "GET",
        "/v1/homes",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "plan_id": plan_id,
            "station_id": station_id,
            "state": state,
        },
    )


def count_homes(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count homes by state."""
    return Call("GET", "/v1/homes:count", query={"area": area})


def read_home(home_id: str) -> Call[Home]:
    """Show one home."""
    return Call("GET", f"/v1/homes/{quote(home_id, safe='')}")


def read_home_history(
    home_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one home, oldest first."""
    return Listing("GET", f"/v1/homes/{quote(home_id, safe='')}/history", query={"limit": limit, "after": after})


def remove_home(
    home_id: str, body: RemoveHomeBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[HomeShape]:
    """Visit a home no more: its visits that are ahead are cancelled."""
    return Call(
        "POST",
        f"/v1/homes/{quote(home_id, safe='')}/remove",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
