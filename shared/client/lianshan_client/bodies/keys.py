"""Bodies of keys: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from .common import Role

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class KeyIn(TypedDict):
    """A key for another party. Without an area it reaches everywhere."""

    name: str
    roles: list[Role]
    area: NotRequired[str | None]
    principal: NotRequired[str | None]
    expires_at: NotRequired[str | None]
    requests_per_second: NotRequired[int | None]


class RotateKeyIn(TypedDict):
    """Another key for the same holder, with the same roles, area and rate; the old one ends after the overlap."""

    overlap_hours: NotRequired[int]
    expires_at: NotRequired[str | None]
