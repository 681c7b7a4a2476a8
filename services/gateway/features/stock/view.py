"""Supply accounts as lists show them, from every event that changes one."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, put_newest
from shared.contracts.charity.donations import DonationReceived
from shared.contracts.charity.linking import LinkSnapshot, ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.engine import Get, Incoming, Load, UnitOfWork


class StockView(View):
    """An account that supplies needs: `balance` posted, `reserved` of it promised, in units, sessions or fen."""

    collection: ClassVar[str] = "stock"
    holder_id: str
    area: str
    commodity: str
    balance: int
    reserved: int


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    StockView.collection: [index_by("area"), index_by("holder_id"), index_by("commodity")]
}


def load_accounts(data: DonationReceived | LinkSnapshot) -> Sequence[Load]:
    """Return the loads of the accounts that the event brings."""
    return [Get(StockView, account.account_id) for account in data.stock]


def show_accounts(work: UnitOfWork, message: Incoming[DonationReceived | LinkSnapshot]) -> None:
    """Show each account by its own highest version, whichever event brought it."""
    # An event may bring many accounts, and an older event may come last: each account counts its own versions.
    for account in message.data.stock:
        view = StockView(
            id=account.account_id,
            seen=account.version,
            holder_id=account.holder_id,
            area=account.area,
            commodity=account.commodity,
            balance=account.balance,
            reserved=account.reserved,
        )
        put_newest(work, view)


# One partition for all: an event may bring several accounts, and an account stands in the events of many needs.
ACCOUNTS: Final = Projection(load_accounts, show_accounts, partition=lambda _: StockView.collection)
PROJECTIONS: Final[ProjectionTable] = {
    DonationReceived: ACCOUNTS,
    ResourcesLinked: ACCOUNTS,
    ResourcesReleased: ACCOUNTS,
    ResourcesDelivered: ACCOUNTS,
}
