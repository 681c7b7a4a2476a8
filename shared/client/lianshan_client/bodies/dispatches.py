"""Bodies of dispatches: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.dispatches import HoursReason

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AdjustmentIn(TypedDict):
    """The minutes that count of a credited service, and the reason for adjusting them."""

    minutes: int
    reason_code: HoursReason


class HoursIn(TypedDict):
    """The time of a service as a second person states it, and the reason for stating it."""

    came_at: NotRequired[str | None]
    left_at: str
    reason_code: HoursReason
