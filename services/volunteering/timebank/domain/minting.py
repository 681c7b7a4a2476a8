"""The time bank (时间银行): minutes are minted only from a confirmed service, once, from the server's own clock."""

from datetime import datetime, timedelta
from typing import Final

from services.volunteering.domain.policy import Policy
from services.volunteering.domain.staffing import Dispatch, Staffing
from shared.ledger.core import Account, Entry, Moved, transfer

COMMODITY: Final = "minutes"
MINT_KIND: Final = "timebank_mint"
HOLDER_KIND: Final = "timebank"
REASON: Final = "service_confirmed"


def mint_account_id(area: str) -> str:
    """Where minutes come from. One an area, so that confirmations all over the city do not queue for one document."""
    return f"timebank:mint:{area}"


def account_id(volunteer_id: str) -> str:
    """Where a volunteer's minutes are."""
    return f"timebank:{volunteer_id}"


def new_mint(area: str) -> Account:
    """A mint is what others have received: it goes below zero by as much."""
    return Account(id=mint_account_id(area), commodity=COMMODITY, holder="timebank", area=area, kind=MINT_KIND)


def new_account(volunteer_id: str, area: str) -> Account:
    """A volunteer's account may not be overdrawn."""
    return Account(
        id=account_id(volunteer_id), commodity=COMMODITY, holder=volunteer_id, area=area, kind=HOLDER_KIND,
        forbids_overdraft=True,
    )  # fmt: skip


def mint(source: Account, target: Account, row: Dispatch, transfer_id: str, at: datetime) -> Moved[Account, Account]:
    """Credit what the dispatch has earned."""
    return transfer(source, target, row.minutes, Entry(transfer_id, at, REASON, row.id))


def minutes_served(checked_in: datetime, checked_out: datetime, policy: Policy) -> int:
    """Whole minutes from check-in to check-out, rounded and capped as the policy says."""
    whole, rest = divmod(checked_out - checked_in, timedelta(minutes=1))
    begun = int(policy.begun_minutes_count and rest > timedelta())
    return max(0, min(whole + begun, policy.entry_cap_minutes))


def forgotten(staffing: Staffing, row: Dispatch, policy: Policy) -> tuple[datetime, int]:
    """When one who forgot to check out counts as gone, and the minutes: the slot at most, never beyond its end."""
    came = row.checked_in_at or staffing.ends_at
    left = max(came, staffing.ends_at)
    return left, minutes_served(max(came, staffing.starts_at), left, policy)
