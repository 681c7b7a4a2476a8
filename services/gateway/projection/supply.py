"""Views of what stands ready for needs: stations, funds, donors, donations, stock, volunteers."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from services.gateway.projection.views import (
    DonationView,
    DonorView,
    FundView,
    StationView,
    StockView,
    VolunteerView,
)
from shared.contracts import CloudEvent, charity, stations, volunteering
from shared.engine import Desk, Get, Incoming, Load
from shared.engine.entity import T


def spoken(message: Incoming[Any]) -> CloudEvent:
    """The whole envelope; the projector hears nothing else."""
    if message.event is None:
        raise TypeError(f"{message.type} is no event, and only events are projected")
    return message.event


def instant(message: Incoming[Any]) -> str:
    """When it happened, as views show it."""
    return message.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def station_loads(data: stations.StationOpened) -> Sequence[Load]:
    return [Get(StationView, data.station_id)]


def apply_station(desk: Desk, message: Incoming[stations.StationOpened]) -> None:
    data = message.data
    fields = {"area": data.area, "name": data.name, "level": data.level, "opened_at": instant(message)}
    _newest(desk, StationView, data.station_id, message.version, fields)


def fund_loads(data: charity.FundOpened) -> Sequence[Load]:
    return [Get(FundView, data.fund_id)]


def apply_fund(desk: Desk, message: Incoming[charity.FundOpened]) -> None:
    data = message.data
    fields = {"area": data.area, "name": data.name, "opened_at": instant(message)}
    _newest(desk, FundView, data.fund_id, message.version, fields)


def donor_loads(data: charity.DonorRegistered) -> Sequence[Load]:
    return [Get(DonorView, data.donor_id)]


def apply_donor(desk: Desk, message: Incoming[charity.DonorRegistered]) -> None:
    fields = {"registered_at": instant(message)}
    _newest(desk, DonorView, message.data.donor_id, message.version, fields)


def volunteer_loads(data: volunteering.VolunteerRegistered) -> Sequence[Load]:
    return [Get(VolunteerView, data.volunteer_id)]


def apply_volunteer(desk: Desk, message: Incoming[volunteering.VolunteerRegistered]) -> None:
    data = message.data
    fields = {
        "area": data.area,
        "skills": list(data.skills),
        "languages": list(data.languages),
        "standing_acceptance": data.standing_acceptance,
        "registered_at": instant(message),
    }
    _newest(desk, VolunteerView, data.volunteer_id, data.version, fields)


def donation_loads(data: charity.DonationReceived) -> Sequence[Load]:
    return [Get(DonationView, data.donation_id), *stock_loads(data.stock)]


def apply_donation(desk: Desk, message: Incoming[charity.DonationReceived]) -> None:
    data = message.data
    fields = {
        **data.model_dump(mode="json", exclude={"donation_id", "stock"}),
        "received_at": instant(message),
    }
    _newest(desk, DonationView, data.donation_id, message.version, fields)
    apply_stock(desk, data.stock)


def stock_loads(accounts: Sequence[charity.StockView]) -> list[Load]:
    return [Get(StockView, account.account_id) for account in accounts]


def apply_stock(desk: Desk, accounts: Sequence[charity.StockView]) -> None:
    """Each account by its own highest version, whatever event brought it."""
    for account in accounts:
        fields = {
            "holder_id": account.holder_id,
            "area": account.area,
            "commodity": account.commodity,
            "balance": account.balance,
            "reserved": account.reserved,
        }
        _newest(desk, StockView, account.account_id, account.version, fields)


def _newest(desk: Desk, model: type[T], thing_id: str, seen: int, fields: dict[str, Any]) -> None:
    known = desk.get(model, thing_id)
    if known is not None and seen <= known.seen:  # type: ignore[attr-defined]
        return
    version = 0 if known is None else known.version
    desk.put(model.model_construct(id=thing_id, version=version, seen=seen, **fields))
