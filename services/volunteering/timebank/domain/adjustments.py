"""Adjustments (更正): the minutes of a credited service are stated again, by a reversal and a new transfer. Pure.

Nothing is edited, and minutes that are spent are not taken back: where the account has too few left, the rest stays
credited, as the shortfall of the service.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from services.volunteering.timebank.domain import minting
from services.volunteering.timebank.domain.overlaps import GIVEN_BACK, sum_taken_back
from services.volunteering.timebank.domain.service_minutes import Span, minutes_served
from services.volunteering.timebank.policy import TimebankPolicy
from shared.contracts.refusals import Refused
from shared.ledger.core import Account, Entry, Transfer, reverse, transfer

MOST_ADJUSTMENTS: Final = 20
"""Adjustments of one service: its entries stay few enough to be read together."""


class Credit(NamedTuple):
    """A service in the ledger: the transfer that stands, and the minutes taken back because two ids overlapped.

    `standing` is None for a service of no minutes; `since` is the instant of its credit before any adjustment.
    """

    standing: Transfer | None
    taken: int = 0
    adjustments: int = 0
    since: datetime | None = None

    @property
    def minutes(self) -> int:
        """The minutes credited."""
        return 0 if self.standing is None else self.standing.amount


class Adjusted(NamedTuple):
    """Both accounts and the new transfers, one at least; `short` are the minutes that could not be taken back."""

    mint: Account
    account: Account
    transfers: tuple[Transfer, ...]
    short: int


def read_credit(entries: Iterable[Transfer]) -> Credit:
    """Return the credit that the entries of one service make."""
    known = list(entries)
    reversed_ids = {entry.reverses for entry in known}
    credits_ = [entry for entry in known if entry.reason in minting.CREDITS]
    return Credit(
        standing=next((entry for entry in credits_ if entry.id not in reversed_ids), None),
        taken=sum(sum_taken_back(known).values()),
        adjustments=max(sum(e.reason == minting.ADJUSTED for e in known), len(reversed_ids - {None})),
        since=next((entry.at for entry in known if entry.reason == minting.REASON), None),
    )


def require_within_slot(minutes: int, slot: Span, policy: TimebankPolicy) -> None:
    """Refuse more minutes than the slot, its grace and the cap allow: Refused("invalid", rule "more_than_slot")."""
    most = minutes_served(Span(slot.begins, slot.ends + policy.credit_grace), slot, policy)
    if minutes > most:
        raise Refused("invalid", "more_than_slot", field="minutes", minutes=minutes, most=most)


def require_adjustable(credit: Credit, ended_at: datetime | None, now: datetime, policy: TimebankPolicy) -> None:
    """Refuse an adjustment that comes too late or too often.

    The days count from the credit, or from `ended_at` where nothing was credited; where that is None they do not
    count, because a shortfall is still to be closed. Raises Refused("wrong_state"), rules "credited_too_long_ago" and
    "adjusted_too_often".
    """
    if ended_at is not None and now - (credit.since or ended_at) > policy.adjust_period:
        raise Refused("wrong_state", "credited_too_long_ago", field="dispatch_id", days=policy.hours_adjust_days)
    if credit.adjustments >= MOST_ADJUSTMENTS:
        raise Refused("wrong_state", "adjusted_too_often", field="dispatch_id", times=MOST_ADJUSTMENTS)


def find_shortfall(credit: Credit, account: Account, minutes: int) -> int:
    """Return the minutes of the service that stay credited beyond `minutes`, because they are spent."""
    return max(0, credit.minutes - account.available - credit.taken - minutes)


def adjust(mint: Account, account: Account, credit: Credit, minutes: int, entries: tuple[Entry, Entry]) -> Adjusted:
    """Return the service with `minutes`, 0 or more, credited in place of the former credit, and with its shortfall.

    The new transfer comes before the reversal, so that the account has enough for it. Minutes taken back for an overlap
    are given back first: the next comparison takes its part of the new credit. `entries` are those of the minutes
    given back and of the new transfer; the reason of the second is that of the reversal.
    """
    short = find_shortfall(credit, account, minutes)
    given, renewed = entries
    amounts = {
        given._replace(reason=GIVEN_BACK): credit.taken,
        renewed._replace(reason=minting.ADJUSTED): minutes + short,
    }
    transfers = []
    for entry, amount in amounts.items():
        if amount:
            mint, account, made = transfer(mint, account, amount, entry)
            transfers.append(made)
    if credit.standing is not None:
        account, mint, made = reverse(mint, account, credit.standing, renewed)
        transfers.append(made)
    return Adjusted(mint, account, tuple(transfers), short)
