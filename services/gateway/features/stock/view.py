"""Supply accounts as lists show them, from every event that changes one."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, newest
from shared.contracts.charity.donations import DonationCorrected, DonationReceived
from shared.contracts.charity.linking import LinkSnapshot, ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.charity.stock import StockHandedOver, StockMoved, StockShared
from shared.engine import Incoming


class StockView(View):
    """An account that supplies needs: `balance` posted, `reserved` of it promised, in units, sessions or fen.

    An account stored by release 0.2 is shared with the whole city, without a reserve.
    """

    collection: ClassVar[str] = "stock"
    holder_id: str
    area: str
    commodity: str
    balance: int
    reserved: int
    sharing: str = "city"
    reserve: int = 0


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    StockView.collection: [index_by("area"), index_by("holder_id"), index_by("commodity")]
}


def show_accounts(
    message: Incoming[DonationReceived | DonationCorrected | LinkSnapshot | StockMoved | StockShared | StockHandedOver],
) -> Sequence[StockView]:
    """Return each account that the event brings."""
    # An event may bring many accounts, and an older event may come last: each account counts its own versions.
    return [
        StockView(
            id=account.account_id,
            seen=account.version,
            holder_id=account.holder_id,
            area=account.area,
            commodity=account.commodity,
            balance=account.balance,
            reserved=account.reserved,
            sharing=account.sharing,
            reserve=account.reserve,
        )
        for account in message.data.stock
    ]


# One partition for all: an event may bring several accounts, and an account stands in the events of many needs.
ACCOUNTS: Final = Projection(newest(show_accounts), partition=lambda _: StockView.collection)
PROJECTIONS: Final[ProjectionTable] = {
    DonationReceived: ACCOUNTS,
    DonationCorrected: ACCOUNTS,
    ResourcesLinked: ACCOUNTS,
    ResourcesReleased: ACCOUNTS,
    ResourcesDelivered: ACCOUNTS,
    StockMoved: ACCOUNTS,
    StockShared: ACCOUNTS,
    StockHandedOver: ACCOUNTS,
}
