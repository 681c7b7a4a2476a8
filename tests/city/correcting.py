"""Gifts that are stated again: the drawn statements, and their law: the amount booked is stated, or named as owed."""

from collections.abc import Collection, Iterator
from random import Random
from typing import TYPE_CHECKING, Final

from services.charity.donations.domain import Donation, amounts_of
from services.charity.shortfalls.domain import shortfall_id
from shared.contracts.charity.donations import CorrectDonation, Donate

if TYPE_CHECKING:
    from tests.city.callers import Letter
    from tests.city.world import World

_REASONS: Final = ("typed_wrong", "counted_again", "not_received")


def draw_correction(chance: Random, letters: Collection["Letter"]) -> CorrectDonation | None:
    """Return another statement of a gift that was answered: less, more, the same, or none of it; None before any."""
    asked_for = {
        one.answer["ok"]["id"]: one.command
        for one in letters
        if isinstance(one.command, Donate) and one.answer and "ok" in one.answer
    }
    if not asked_for:
        return None
    gift = chance.choice(sorted(asked_for))
    asked = asked_for[gift]
    goods = [line.model_copy(update={"quantity": _draw_again(chance, line.quantity)}) for line in asked.goods]
    services = [line.model_copy(update={"quantity": _draw_again(chance, line.quantity)}) for line in asked.services]
    return CorrectDonation(
        donation_id=gift,
        goods=tuple(line for line in goods if line.quantity),
        services=tuple(line for line in services if line.quantity),
        amount_fen=None if asked.fund_id is None else _draw_again(chance, asked.amount_fen or 0),
        reason_code=chance.choice(_REASONS),
    )


def _draw_again(chance: Random, amount: int) -> int:
    return chance.choice((0, amount // 2, amount // 10, amount, amount * 2))


def find_wrong_gifts(world: "World") -> Iterator[str]:
    """Yield the gifts of which other amounts are booked than are stated and owed, or that are shown otherwise."""
    transfers, owed = world.rows("charity", "transfers"), world.rows("charity", "shortfalls")
    shown = world.rows("gateway", "donations")
    for row in world.rows("charity", "donations").values():
        gift = Donation.from_document(row)
        for nth, (commodity, stated) in enumerate(amounts_of(gift).items()):
            standing = transfers[gift.transfers[nth]]["amount"] if gift.transfers[nth] else 0
            missing = owed.get(shortfall_id(gift.id, nth), {}).get("missing", 0)
            if standing != stated + missing:
                yield f"gift {gift.id} is {stated} {commodity}, {standing} are booked and {missing} are owed"
        view = shown.get(gift.id, {})
        if (view.get("amount_fen"), view.get("corrected_for")) != (gift.amount_fen, gift.corrected_for):
            yield f"gift {gift.id} is corrected for {gift.corrected_for}, and the gateway does not show it"
