"""Answers about donors, funds, donations and stock."""

from typing import Literal

from pydantic import AwareDatetime, Field

from services.gateway.models.answers import Answer, Thing


class DonorAnswer(Thing):
    """Name and phone only for keys with the permission `personal`."""

    registered_at: AwareDatetime
    name: str | None
    phone: str | None


class FundAnswer(Thing):
    """A fund and what it holds, in fen."""

    area: str
    name: str
    opened_at: AwareDatetime
    balance_fen: int
    reserved_fen: int
    available_fen: int


class Gift(Answer):
    """Goods in units, or sessions of a service."""

    item: str
    quantity: int
    unit: str | None = None


class DonationAnswer(Thing):
    """A donation."""

    area: str
    station_id: str | None
    fund_id: str | None
    donor_id: str | None
    goods: list[Gift]
    services: list[Gift]
    amount_fen: int
    received_at: AwareDatetime


class StockAnswer(Thing):
    """An account that supplies needs, in units, sessions or fen."""

    station_id: str | None = None
    fund_id: str | None = None
    area: str
    commodity: str
    kind: Literal["goods", "service", "money"]
    item: str | None
    unit: str | None
    balance: int
    reserved: int = Field(description="Of the balance, promised to needs.")
    available: int
