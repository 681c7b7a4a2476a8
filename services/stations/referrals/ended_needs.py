"""The timers of referrals. Those whose need has ended are revoked: nobody is reminded to decide on them.

The end of a need sets a timer of its own. A referral that a release without it has sent is found at its next timer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.referred import ReferredNeedGone
from services.stations.network.domain import Station
from services.stations.referrals.domain import (
    UNACCEPTED,
    Handover,
    HandoverDue,
    HandoverIdle,
    Pair,
    Referral,
    ReferralDue,
    find_idle,
    revoked,
    taken_over,
)
from services.stations.referrals.handlers import HANDOVERS, REFERRALS, REVOKED, TAKEN_OVER, store_pair
from services.stations.referrals.policy import ReferralsPolicy
from shared.contracts.stations.handovers import HandoverOverdue
from shared.contracts.stations.needs import ENDED
from shared.contracts.stations.referrals import ReferralOverdue
from shared.engine import Document, Get, HandlerTable, Handling, Incoming, Loading, Query, UnitOfWork, take_turn
from shared.engine.reminders import AT_ONCE, Due
from shared.people.storage import MAX_MILLIS

if TYPE_CHECKING:
    from pymongo.database import Database


@dataclass(frozen=True)
class UnacceptedOf(Query[Referral]):
    """The referrals and enquiries of a need that nobody has accepted."""

    need_id: str
    model = Referral
    limit: ClassVar[int] = 20

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        still: Document = {"state": {"$in": list(UNACCEPTED)}}
        found = (database[Referral.collection].find({"need_id": query.need_id, **still}) for query in queries)
        return [list(rows.sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Referral) -> bool:
        """Return whether it is of that need, and nobody has accepted it."""
        return entity.need_id == self.need_id and entity.state in UNACCEPTED


def revoke_unaccepted(message: Incoming[ReferredNeedGone]) -> Handling:
    """Revoke the referrals of a need that has ended, or those of a station that has it no more because another one has
    accepted it; a timer goes on until none is left. Repeated, it finds none.
    """
    need_id = message.data.need_id
    search = UnacceptedOf(need_id)

    def load() -> Loading:
        work = yield [Get(Need, need_id), search]
        found = work.find(search)
        yield [load for one in found for load in (Get(Handover, one.handover_id), Get(Station, one.station_id))]
        yield [load for one in found for load in REFERRALS.load_claims(one)]

    work = yield from take_turn(load)
    found, need = work.find(search), work.get(Need, need_id)
    if need is None:
        return
    for referral in found:
        if need.state not in ENDED and not _has_gone(work, need, referral):  # open again meanwhile
            continue
        before = Pair(referral, work.require(Handover, referral.handover_id, "id"))
        store_pair(work, before, revoked(before, "served_otherwise"), REVOKED)
    if len(found) == UnacceptedOf.limit and len(work.find(search)) < len(found):
        work.remind(f"referred:{need_id}", work.now + AT_ONCE, message.data)


def _has_gone(work: UnitOfWork, need: Need, referral: Referral) -> bool:
    """Return whether another station has the need, other than by a succession, which hands over the referrals too."""
    sender = work.get(Station, referral.station_id)
    return need.station_id != referral.station_id and (sender is None or sender.successor_id is None)


def follow_idle(message: Incoming[HandoverIdle], policy: ReferralsPolicy) -> Handling:
    """Give the decision to the level above, and tell both sides, where the receiver has not answered in time."""
    work = yield from take_turn(lambda: _load(message.data))
    before = _find_pair(work, message.data)
    if before is None:
        return
    if _is_over(work, before):
        yield from _revoke(work, before)
        return
    after, handover = taken_over(before, work.now, policy.terms), before.handover
    if after is before:
        if (at := find_idle(handover)) is not None:  # early, or before the later time of a request
            work.remind(f"{HANDOVERS.kind}:{handover.id}", at, HandoverIdle(id=handover.id))
        return
    yield REFERRALS.load_claims(before.referral, after.referral)
    store_pair(work, before, after, TAKEN_OVER)


def remind_sender(message: Incoming[ReferralDue]) -> Handling:
    """Remind the sender's next level of an answered enquiry, or revoke the referral of a need that has ended."""
    work = yield from take_turn(lambda: _load(message.data))
    before = _find_pair(work, message.data)
    yield from _revoke(work, before) if before is not None and _is_over(work, before) else _REMIND_SENDER(message)


def remind_receiver(message: Incoming[HandoverDue]) -> Handling:
    """Remind the receiver's next level of its step, or revoke the referral of a need that has ended."""
    work = yield from take_turn(lambda: _load(message.data))
    before = _find_pair(work, message.data)
    yield from _revoke(work, before) if before is not None and _is_over(work, before) else _REMIND_RECEIVER(message)


def _load(due: Due) -> Loading:
    """Load both sides and the need; the timer names one of the sides."""
    is_sender = isinstance(due, ReferralDue)
    work = yield [Get(Referral if is_sender else Handover, due.id)]
    if is_sender and (referral := work.get(Referral, due.id)) is not None:
        yield [Get(Handover, referral.handover_id), Get(Need, referral.need_id)]
    elif not is_sender and (handover := work.get(Handover, due.id)) is not None:
        work = yield [Get(Referral, handover.referral_id)]
        if (sender := work.get(Referral, handover.referral_id)) is not None:
            yield [Get(Need, sender.need_id)]


def _find_pair(work: UnitOfWork, due: Due) -> Pair | None:
    if isinstance(due, ReferralDue):
        known = work.get(Referral, due.id)
        return None if known is None else Pair(known, work.require(Handover, known.handover_id, "id"))
    handover = work.get(Handover, due.id)
    return None if handover is None else Pair(work.require(Referral, handover.referral_id, "id"), handover)


def _is_over(work: UnitOfWork, pair: Pair) -> bool:
    """Return whether nobody has accepted the referral, and its need has ended."""
    need = work.get(Need, pair.referral.need_id)
    return pair.referral.state in UNACCEPTED and need is not None and need.state in ENDED


def _revoke(work: UnitOfWork, before: Pair) -> Handling:
    after = revoked(before, "served_otherwise")
    yield REFERRALS.load_claims(before.referral, after.referral)
    store_pair(work, before, after, REVOKED)


_REMIND_SENDER: Final = REFERRALS.remind(ReferralOverdue)
_REMIND_RECEIVER: Final = HANDOVERS.remind(HandoverOverdue)
HANDLERS: Final[HandlerTable] = {
    ReferredNeedGone: revoke_unaccepted,
    HandoverIdle: follow_idle,
    ReferralDue: remind_sender,
    HandoverDue: remind_receiver,
}
