"""Answers of shortfalls: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ShortfallAnswer(TypedDict):
    """An amount that the books owe, in the commodity's unit or in fen; its owner is the station or the fund."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    kind: ShortfallKind | str
    state: NotRequired[OpenOrClosed | str]
    need_id: NotRequired[str | None]
    donation_id: NotRequired[str | None]
    station_id: NotRequired[str | None]
    fund_id: NotRequired[str | None]
    commodity: str
    amount: int
    missing: int
    opened_at: str
    due: str


class ShortfallPage(TypedDict):
    """A page of a list, newest first."""

    items: list[ShortfallAnswer]
    next: str | None


OpenOrClosed = Literal["open", "closed"] | str


ShortfallKind = Literal["delivery", "correction"] | str
