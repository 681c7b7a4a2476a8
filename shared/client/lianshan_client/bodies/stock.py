"""Bodies of stock: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.stock import Sharing
from .common import SupplyForm

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ShareIn(TypedDict):
    """How far a station's stock of an item reaches, and how many of its base units stay for its own needs."""

    station_id: str
    kind: NotRequired[SupplyForm]
    item: str
    sharing: Sharing
    reserve: NotRequired[int]
