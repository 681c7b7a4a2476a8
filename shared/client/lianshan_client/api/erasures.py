"""Calls of erasures: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.erasures import Erasure, ErasureGround, ErasurePage, ErasureState
from ..bodies.erasures import RequestErasure
from ..calls import Call, Listing, new_key


def request_erasure(body: RequestErasure, *, idempotency_key: str | None = None) -> Call[Erasure]:
    """Erase the platform's data about persons."""
    return Call("POST", "/v1/erasures", body=body, idempotency_key=idempotency_key or new_key())


def list_erasures(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    state: Sequence[ErasureState] | None = None,
    ground: Sequence[ErasureGround] | None = None,
) -> Listing[ErasurePage, Erasure]:
    """List erasures, newest first."""
    return Listing(
        "GET",
        "/v1/erasures",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "state": state,
            "ground": ground,
        },
    )


def count_erasures(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count erasures by state and ground."""
    return Call("GET", "/v1/erasures:count", query={"area": area})


def read_erasure(erasure_id: str) -> Call[Erasure]:
    """Show one erasure."""
    return Call("GET", f"/v1/erasures/{quote(erasure_id, safe='')}")


def read_erasure_history(
    erasure_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one erasure, oldest first."""
    return Listing("GET", f"/v1/erasures/{quote(erasure_id, safe='')}/history", query={"limit": limit, "after": after})
