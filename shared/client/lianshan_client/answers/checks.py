"""Answers of checks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import CheckState, DisowningReason, NextStepAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Check(TypedDict):
    """A check: `volunteer_id` was registered last and waits, `known_id` is the person whom it looks like."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    volunteer_id: str
    known_id: str
    grounds: list[CheckGround | str]
    registered_at: str
    state: CheckState | str
    due: str
    reminded: NotRequired[int]
    disowned_at: NotRequired[str | None]
    disowned_because: NotRequired[DisowningReason | str | None]
    resolved_at: NotRequired[str | None]
    external_id: NotRequired[str | None]


class CheckPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Check]
    next: str | None


class CheckShape(TypedDict):
    """A check: `volunteer_id` was registered last and waits, `known_id` is the person whom it looks like."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    volunteer_id: str
    known_id: str
    grounds: list[CheckGround | str]
    registered_at: str
    state: CheckState | str
    due: str
    reminded: NotRequired[int]
    disowned_at: NotRequired[str | None]
    disowned_because: NotRequired[DisowningReason | str | None]
    resolved_at: NotRequired[str | None]


CheckGround = Literal["identity_number", "phone_and_name"] | str
