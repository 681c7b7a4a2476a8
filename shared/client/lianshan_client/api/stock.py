"""Calls of stock: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from ..answers.stock import StockAnswer, StockPage
from ..bodies.stock import ShareIn
from ..calls import Call, Listing, new_key


def share_stock(body: ShareIn, *, idempotency_key: str | None = None) -> Call[StockAnswer]:
    """Decide how far a station's stock of an item reaches and how much of it stays for its own needs."""
    return Call("POST", "/v1/stock/share", body=body, idempotency_key=idempotency_key or new_key())


def list_stock(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    station_id: str | None = None,
    fund_id: str | None = None,
    commodity: str | None = None,
) -> Listing[StockPage, StockAnswer]:
    """List supply accounts: goods and services in base units at stations, money in fen in funds."""
    return Listing(
        "GET",
        "/v1/stock",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "station_id": station_id,
            "fund_id": fund_id,
            "commodity": commodity,
        },
    )
