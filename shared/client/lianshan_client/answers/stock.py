"""Answers of stock: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import LineKind

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class StockAnswer(TypedDict):
    """An account that supplies needs, in the base unit of the item (see `/v1/catalogue`) or in fen."""

    id: str
    version: int
    station_id: NotRequired[str | None]
    fund_id: NotRequired[str | None]
    area: str
    commodity: str
    kind: LineKind | str
    item: str | None
    balance: int
    reserved: int
    available: int
    sharing: Sharing | str
    reserve: int


class StockPage(TypedDict):
    """A page of a list, newest first."""

    items: list[StockAnswer]
    next: str | None


Sharing = Literal["own", "street", "district", "city"] | str
