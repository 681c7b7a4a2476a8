"""Restoration: a delivery that its station takes back is reversed, and the need holds the amounts again.

Nothing is edited (see `shared.ledger.core`): each posted transfer gets its opposite, and the amount is reserved again
in the same step, so that nobody takes it in between. Supply that the confirmation gave back and another need has since
received stays there; the need waits for it.
"""

from typing import Final

from services.charity.linking.announcement import ChangedSupply
from services.charity.linking.domain.link import Link, restored
from services.charity.linking.reservation import parties, put_moved
from shared.contracts.charity.linking import Source
from shared.engine import UnitOfWork
from shared.ledger import Entry, reserve, reverse

STATED_ANEW: Final = "stated_anew"
"""The reason of a reversal whose own event is still on its way here."""


def restore_delivery(work: UnitOfWork, link: Link, need_version: int, because: str) -> tuple[Link, ChangedSupply]:
    """Reverse the link's delivery and reserve the amounts again. `because` is a reason code.

    Returns the link, not yet put, and the supply accounts that changed. The version guard of the link lets no delivery
    be reversed twice: its sources are the new reservations afterwards.
    """
    changed: ChangedSupply = {}
    sources: list[Source] = []
    for source in link.sources:
        supply, used, posted = parties(work, source)
        back = reverse(supply, used, posted, Entry("", work.now, because, link.id))
        used, supply = work.put(back.debit), work.put(back.credit)
        work.put(back.transfer)
        entry = Entry(work.new_id("transfer"), work.now, "need", link.id)
        held = put_moved(work, reserve(supply, used, source.amount, entry))
        changed[held.debit.id] = held.debit
        sources.append(source.model_copy(update={"transfer_id": held.transfer.id}))
    return restored(link, sources, need_version), changed
