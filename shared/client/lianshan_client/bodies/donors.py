"""Bodies of donors: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class RegisterDonor(TypedDict):
    """Register a donor. Without an area it is the actor's own: only actors who reach it find the donor."""

    name: str
    phone: NotRequired[str | None]
    area: NotRequired[str | None]
    external_id: NotRequired[str | None]
    identity_number: NotRequired[str | None]
    birth_year: NotRequired[int | None]
