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
from shared.contracts import CloudEvent
from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.donors import DonorRegistered
from shared.contracts.charity.funds import FundOpened
from shared.contracts.charity.stock import StockView as StockPart
from shared.contracts.stations.network import StationOpened
from shared.contracts.volunteering.people import VolunteerRegistered
from shared.engine import Get, Incoming, Load, UnitOfWork
from shared.engine.decide.entity import T


def spoken(message: Incoming[Any]) -> CloudEvent:
    """The whole envelope; the projector hears nothing else."""
    if message.event is None:
        raise TypeError(f"{message.type} is no event, and only events are projected")
    return message.event


def instant(message: Incoming[Any]) -> str:
    """When it happened, as views show it."""
    return message.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def station_loads(data: StationOpened) -> Sequence[Load]:
    return [Get(StationView, data.station_id)]


def apply_station(work: UnitOfWork, message: Incoming[StationOpened]) -> None:
    data = message.data
    fields = {"area": data.area, "name": data.name, "level": data.level, "opened_at": instant(message)}
    _newest(work, StationView, data.station_id, message.version, fields)


def fund_loads(data: FundOpened) -> Sequence[Load]:
    return [Get(FundView, data.fund_id)]


def apply_fund(work: UnitOfWork, message: Incoming[FundOpened]) -> None:
    data = message.data
    fields = {"area": data.area, "name": data.name, "opened_at": instant(message)}
    _newest(work, FundView, data.fund_id, message.version, fields)


def donor_loads(data: DonorRegistered) -> Sequence[Load]:
    return [Get(DonorView, data.donor_id)]


def apply_donor(work: UnitOfWork, message: Incoming[DonorRegistered]) -> None:
    fields = {"registered_at": instant(message)}
    _newest(work, DonorView, message.data.donor_id, message.version, fields)


def volunteer_loads(data: VolunteerRegistered) -> Sequence[Load]:
    return [Get(VolunteerView, data.volunteer_id)]


def apply_volunteer(work: UnitOfWork, message: Incoming[VolunteerRegistered]) -> None:
    data = message.data
    fields = {
        "area": data.area,
        "skills": list(data.skills),
        "languages": list(data.languages),
        "standing_acceptance": data.standing_acceptance,
        "registered_at": instant(message),
    }
    _newest(work, VolunteerView, data.volunteer_id, data.version, fields)


def donation_loads(data: DonationReceived) -> Sequence[Load]:
    return [Get(DonationView, data.donation_id), *stock_loads(data.stock)]


def apply_donation(work: UnitOfWork, message: Incoming[DonationReceived]) -> None:
    data = message.data
    fields = {
        **data.model_dump(mode="json", exclude={"donation_id", "stock"}),
        "received_at": instant(message),
    }
    _newest(work, DonationView, data.donation_id, message.version, fields)
    apply_stock(work, data.stock)


def stock_loads(accounts: Sequence[StockPart]) -> list[Load]:
    return [Get(StockView, account.account_id) for account in accounts]


def apply_stock(work: UnitOfWork, accounts: Sequence[StockPart]) -> None:
    """Each account by its own highest version, whatever event brought it."""
    for account in accounts:
        fields = {
            "holder_id": account.holder_id,
            "area": account.area,
            "commodity": account.commodity,
            "balance": account.balance,
            "reserved": account.reserved,
        }
        _newest(work, StockView, account.account_id, account.version, fields)


def _newest(work: UnitOfWork, model: type[T], thing_id: str, seen: int, fields: dict[str, Any]) -> None:
    known = work.get(model, thing_id)
    if known is not None and seen <= known.seen:  # type: ignore[attr-defined]
        return
    version = 0 if known is None else known.version
    work.put(model.model_construct(id=thing_id, version=version, seen=seen, **fields))
