"""Calls of areas: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.areas import AreaAnswer, AreaName, AreaNamePage, Imported
from ..bodies.areas import ImportAreas
from ..calls import Call, Listing, new_key


def list_areas(
    *, parent: str | None = None, limit: int | None = None, after: str | int | None = None
) -> Listing[AreaNamePage, AreaName]:
    """List the areas directly within an area, by code."""
    return Listing("GET", "/v1/areas", query={"parent": parent, "limit": limit, "after": after})


def read_area(code: str) -> Call[AreaAnswer]:
    """Show one area, with those around it."""
    return Call("GET", f"/v1/areas/{quote(code, safe='')}")


def import_areas(body: ImportAreas, *, idempotency_key: str | None = None) -> Call[Imported]:
    """Import up to 2000 areas of a register; the same row twice changes nothing. Answers `{"count", "changed"}`."""
    return Call("POST", "/v1/areas:batch", body=body, idempotency_key=idempotency_key or new_key())
