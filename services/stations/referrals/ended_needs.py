"""The timers of referrals. Whose need has ended meanwhile is revoked: nobody is reminded to decide on it."""

from typing import Final

from services.stations.needs.domain.need import Need
from services.stations.referrals.domain import (
    UNDECIDED,
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
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.reminders import Due


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
    return pair.referral.state in {*UNDECIDED, "answered"} and need is not None and need.state in ENDED


def _revoke(work: UnitOfWork, before: Pair) -> Handling:
    after = revoked(before, "served_otherwise")
    yield REFERRALS.load_claims(before.referral, after.referral)
    store_pair(work, before, after, REVOKED)


_REMIND_SENDER: Final = REFERRALS.remind(ReferralOverdue)
_REMIND_RECEIVER: Final = HANDOVERS.remind(HandoverOverdue)
HANDLERS: Final[HandlerTable] = {
    HandoverIdle: follow_idle, ReferralDue: remind_sender, HandoverDue: remind_receiver,
}  # fmt: skip
