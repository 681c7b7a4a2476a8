"""Corrections (更正): a gift is stated again, by a reversal and a new transfer. Pure.

Nothing is edited, and an amount that is spent or promised to a need is not taken back: where the receiver has too
little left, the difference stays booked, and a shortfall of the receiver names it until supply is free.
"""

from typing import Final, NamedTuple

from services.charity.donations.domain import Donation, Taken, amounts_of
from services.charity.stock.domain import Supply
from shared.contracts.charity.donations import CorrectDonation
from shared.contracts.refusals import Refused
from shared.ledger import Account, Entry, Transfer, reverse, transfer

MOST_CORRECTIONS: Final = 20
"""The most corrections of one gift; after them another gift is recorded."""


class Restated(NamedTuple):
    """Both accounts and the new transfers, none where nothing moves; `standing` is the transfer in force.

    `short` is the amount that stays booked beyond the one stated; `more`: the receiver has more than before.
    """

    given: Account
    supply: Supply
    transfers: tuple[Transfer, ...]
    standing: Transfer | None
    short: int
    more: bool = False


def restate(given: Account, supply: Supply, standing: Transfer | None, amount: int, entry: Entry) -> Restated:
    """Return the gift of one commodity with `amount`, 0 or more, booked in place of the former one, and its shortfall.

    The new transfer comes before the reversal, so that the receiver has enough for it. `entry` is that of the new
    transfer; its reason is that of the reversal, too. Raises Refused("conflict", rule "account_full").
    """
    booked = 0 if standing is None else standing.amount
    short = max(0, booked - supply.available - amount)
    kept = amount + short
    if kept == booked:
        return Restated(given, supply, (), standing, short)
    made: list[Transfer] = []
    renewed: Transfer | None = None
    if kept:
        given, supply, renewed = transfer(given, supply, kept, entry)
        made.append(renewed)
    if standing is not None:
        supply, given, back = reverse(given, supply, standing, entry)
        made.append(back)
    return Restated(given, supply, tuple(made), renewed, short, more=kept > booked)


def require_correctable(donation: Donation, asked: CorrectDonation, taken: Taken) -> None:
    """Refuse a statement that does not fit the gift.

    Raises Refused: "invalid" for money in the place of goods or goods in that of money and for an item that was not
    given; "wrong_state" after MOST_CORRECTIONS.
    """
    if donation.fund_id is not None and (asked.amount_fen is None or asked.goods or asked.services):
        raise Refused("invalid", "fund_receives_money", field="amount_fen")
    if donation.fund_id is None and asked.amount_fen is not None:
        raise Refused("invalid", "station_receives_goods", field="amount_fen")
    if strange := sorted(taken.amounts.keys() - amounts_of(donation).keys()):
        field = "services" if strange[0].startswith("service:") else "goods"
        raise Refused("invalid", "item_not_in_gift", field=field, item=strange[0].partition(":")[2])
    if donation.corrections >= MOST_CORRECTIONS:
        raise Refused("wrong_state", "corrected_too_often", field="donation_id", times=MOST_CORRECTIONS)


def corrected(donation: Donation, asked: CorrectDonation, taken: Taken) -> Donation:
    """Return the gift as it is stated now; its transfers are still those of before."""
    return donation.model_copy(
        update={
            "goods": taken.goods,
            "services": taken.services,
            "amount_fen": asked.amount_fen or 0,
            "commodities": tuple(amounts_of(donation)),
            "corrections": donation.corrections + 1,
            "corrected_for": asked.reason_code,
        }
    )
