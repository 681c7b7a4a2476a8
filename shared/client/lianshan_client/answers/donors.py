"""Answers of donors: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class DonorAnswer(TypedDict):
    """A donor. Personal data is shown to keys with `personal:read` only; null where it is not known."""

    id: str
    external_id: NotRequired[str | None]
    version: int
    area: str
    registered_at: str
    name: str | None
    phone: str | None
    identity_number: str | None
    birth_year: int | None
    merged_ids: NotRequired[list[str]]


class DonorPage(TypedDict):
    """A page of a list, newest first."""

    items: list[DonorAnswer]
    next: str | None
