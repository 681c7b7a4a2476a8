"""The minting of hours: minutes are minted only from a confirmed service, and once.

A mint is a ledger account that goes below zero by all that was earned from it, so that the books balance (L3).
"""

from datetime import datetime
from typing import Final

from shared.ledger.core import Account, Entry, Moved, transfer

COMMODITY: Final = "minutes"
MINT_KIND: Final = "timebank_mint"
HOLDER_KIND: Final = "timebank"
REASON: Final = "service_confirmed"
ADJUSTED: Final = "hours_adjusted"
"""The reason of the transfer that stands in the place of one that was reversed."""
CREDITS: Final = frozenset({REASON, ADJUSTED})
"""The reasons of transfers that credit a service; at most one of them stands, the others are reversed."""


def mint_account_id(area: str) -> str:
    """Return the id of the account from which the area's minutes come."""
    # One an area, so that confirmations all over the city do not queue for one document.
    return f"timebank:mint:{area}"


def account_id(volunteer_id: str) -> str:
    """Return the id of the account that holds a volunteer's minutes."""
    return f"timebank:{volunteer_id}"


def new_mint(area: str) -> Account:
    """Return the mint of an area that has minted nothing yet; it may go below zero.

    The model is TigerBeetle's, https://docs.tigerbeetle.com/coding/data-modeling/.
    """
    return Account(id=mint_account_id(area), commodity=COMMODITY, holder="timebank", area=area, kind=MINT_KIND)


def new_account(volunteer_id: str, area: str) -> Account:
    """Return a volunteer's account without minutes; it may not be overdrawn."""
    return Account(
        id=account_id(volunteer_id), commodity=COMMODITY, holder=volunteer_id, area=area, kind=HOLDER_KIND,
        forbids_overdraft=True,
    )  # fmt: skip


def mint(
    source: Account, target: Account, minutes: int, *, dispatch_id: str, transfer_id: str, at: datetime
) -> Moved[Account, Account]:
    """Return both accounts and the transfer after the minutes, at least 1, that the dispatch has earned are moved."""
    return transfer(source, target, minutes, Entry(transfer_id, at, REASON, dispatch_id))
