"""The commands of referrals. Each changes both sides in one transaction, so none is plain."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.referred import ReferredNeedGone, referred
from services.stations.needs.handing_over import hand_over
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station
from services.stations.network.keeping import kept_at
from services.stations.organisations.domain import Organisation
from services.stations.referrals.domain import (
    HANDOVER_REMINDERS,
    REFERRAL_REMINDERS,
    Handover,
    HandoverIdle,
    Pair,
    Referral,
    Sent,
    accepted,
    answered,
    completed,
    enquired,
    find_idle,
    find_receiver_step,
    find_sender_step,
    list_exclusive,
    rejected,
    requested,
    require_answered,
    require_decider,
    require_referable,
    require_senders,
    revoked,
)
from services.stations.referrals.policy import ReferralsPolicy
from shared.contracts.messages import EventData
from shared.contracts.plain import Shape
from shared.contracts.stations import handovers, referrals
from shared.contracts.stations.handovers import AcceptHandover, AnswerEnquiry, CompleteHandover, RejectHandover
from shared.contracts.stations.referrals import Receiver, ReferNeed, RequestReferral, RevokeReferral
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import refer, reference_load
from shared.engine.decide.external_ids import keep_name, name_load
from shared.engine.plain import Plain, check_version
from shared.engine.reminders import AT_ONCE
from shared.runtime.vault import Vault

REFERRALS: Final = Plain(
    Referral, "referral", referrals.ReferralShape, find_sender_step, list_exclusive, reminders=REFERRAL_REMINDERS,
    keeping=kept_at(lambda one: one.station_id),
)  # fmt: skip
HANDOVERS: Final = Plain(
    Handover,
    "handover",
    handovers.HandoverShape,
    find_receiver_step,
    deadline=lambda one: None if (at := find_idle(one)) is None else (at, HandoverIdle(id=one.id)),
    reminders=HANDOVER_REMINDERS,
    keeping=kept_at(lambda one: one.receiver_id if one.receiver_kind == "station" else None),
)


class Told(NamedTuple):
    """The events of one change: the sender's and the receiver's."""

    sender: type[EventData]
    receiver: type[EventData]


ENQUIRED: Final = Told(referrals.ReferralEnquired, handovers.HandoverEnquired)
REQUESTED: Final = Told(referrals.ReferralRequested, handovers.HandoverRequested)
ANSWERED: Final = Told(referrals.ReferralAnswered, handovers.HandoverAnswered)
ACCEPTED: Final = Told(referrals.ReferralAccepted, handovers.HandoverAccepted)
REJECTED: Final = Told(referrals.ReferralRejected, handovers.HandoverRejected)
REVOKED: Final = Told(referrals.ReferralRevoked, handovers.HandoverRevoked)
DONE: Final = Told(referrals.ReferralDone, handovers.HandoverDone)
TAKEN_OVER: Final = Told(referrals.ReferralTakenOver, handovers.HandoverTakenOver)
HANDED_OVER: Final = Told(referrals.ReferralHandedOver, handovers.HandoverHandedOver)


class Stored(NamedTuple):
    """The outward shapes of both sides."""

    referral: Shape
    handover: Shape


def store_pair(work: UnitOfWork, before: Pair | None, after: Pair, told: Told) -> Stored:
    """Store and announce a change of both sides."""
    first, second = (None, None) if before is None else before
    return Stored(
        REFERRALS.store(work, first, after.referral, told.sender),
        HANDOVERS.store(work, second, after.handover, told.receiver),
    )


# ---- the sender ----------------------------------------------------------------------------------------


def refer_need(message: Incoming[ReferNeed], vault: Vault, policy: ReferralsPolicy) -> Handling:
    """Refer a need, or ask for capacity alone. Raises Refused as `require_referable` does.

    Raises "not_found" for an unknown receiver, and "conflict" for a need that has a referral in progress.
    """
    asked, actor = message.data, message.actor
    yield [reference_load(actor), *name_load(vault, actor.principal, "referral", asked.external_id)]
    yield [Get(Need, asked.need_id, actor.area), _receiver_load(asked.receiver)]
    work = yield TURN
    need = work.reach(Need, asked.need_id, "need_id")
    receiver = _find_receiver(work, asked.receiver)
    require_referable(need, receiver)
    sent = Sent(work.new_id("referral"), work.new_id("handover"), work.now, policy.terms)
    after, told = enquired(need, asked.receiver, receiver.area, sent), ENQUIRED
    if asked.basis is not None:
        after, told = requested(after, asked.basis, refer(work, vault), work.now, policy.terms), REQUESTED
    yield REFERRALS.load_claims(after.referral)
    keep_name(work, vault, "referral", after.referral.id, asked.external_id)
    work.put(referred(need))  # of a referral and an end at once the second is decided again
    return store_pair(work, None, after, told).referral


def request_referral(message: Incoming[RequestReferral], vault: Vault, policy: ReferralsPolicy) -> Handling:
    """Refer the need after an enquiry that found capacity or a waiting list. Raises Refused as `refer_need` does."""
    asked = message.data
    yield [reference_load(message.actor)]
    work = yield from take_turn(lambda: _load_sender(message, asked.id, whole=True))
    before = _pair_of_sender(work, asked.id, asked.expected_version)
    require_answered(before)
    to = Receiver(kind=before.handover.receiver_kind, id=before.handover.receiver_id)
    need = work.require(Need, before.referral.need_id, "id")
    require_senders(need, before.referral)
    require_referable(need, _find_receiver(work, to))
    after = requested(before, asked.basis, refer(work, vault), work.now, policy.terms)
    yield REFERRALS.load_claims(before.referral, after.referral)
    work.put(referred(need))
    return store_pair(work, before, after, REQUESTED).referral


def revoke_referral(message: Incoming[RevokeReferral]) -> Handling:
    """Take the referral back; also after the level above has taken over. Raises Refused as `revoked` does."""
    asked = message.data
    work = yield from take_turn(lambda: _load_sender(message, asked.id))
    before = _pair_of_sender(work, asked.id, asked.expected_version)
    after = revoked(before, asked.reason)
    yield REFERRALS.load_claims(before.referral, after.referral)
    return store_pair(work, before, after, REVOKED).referral


def _receiver_load(to: Receiver) -> Get[Any]:
    # Within no area: a need is referred elsewhere, and every station and organisation is public.
    return Get(Station if to.kind == "station" else Organisation, to.id)


def _find_receiver(work: UnitOfWork, to: Receiver) -> Station | Organisation:
    model: type[Station | Organisation] = Station if to.kind == "station" else Organisation
    return work.require(model, to.id, "receiver.id")


def _load_sender(message: Incoming[Any], referral_id: str, *, whole: bool = False) -> Loading:
    work = yield [Get(Referral, referral_id, message.actor.area)]
    known = work.get(Referral, referral_id)
    if known is None:
        return
    yield [Get(Handover, known.handover_id)]
    if whole:
        to = Receiver(kind=known.receiver_kind, id=known.receiver_id)
        yield [Get(Need, known.need_id), _receiver_load(to)]


def _pair_of_sender(work: UnitOfWork, referral_id: str, expected: int | None) -> Pair:
    referral = work.reach(Referral, referral_id, "id")
    check_version(referral, REFERRALS.kind, expected)
    return Pair(referral, work.require(Handover, referral.handover_id, "id"))


# ---- the receiver --------------------------------------------------------------------------------------


def accept_handover(message: Incoming[AcceptHandover], policy: ReferralsPolicy, needs_policy: NeedsPolicy) -> Handling:
    """Take the need: a station owns it from now on, and charity's and volunteering's work for it goes on.

    Raises Refused as `require_referable`, `require_decider` and `accepted` do: the need may have changed meanwhile.
    """
    asked = message.data
    work = yield from take_turn(lambda: _load_receiver(message, asked.id, whole=True))
    before = _pair_of_receiver(work, asked.id, asked.expected_version)
    after = accepted(before, work.now, policy.terms)
    to = Receiver(kind=before.handover.receiver_kind, id=before.handover.receiver_id)
    receiver = _find_receiver(work, to)
    need = work.require(Need, before.referral.need_id, "id")
    require_senders(need, before.referral)
    require_referable(need, receiver)
    yield REFERRALS.load_claims(before.referral, after.referral)
    if isinstance(receiver, Station):
        hand_over(work, need, receiver, "referred", needs_policy)
        # Nobody else can take it any more: the sender's other enquiries about it end.
        work.remind(f"referred:{need.id}", work.now + AT_ONCE, ReferredNeedGone(need_id=need.id))
    return store_pair(work, before, after, ACCEPTED).handover


def _decide(decide: Callable[[Any, Pair, UnitOfWork, ReferralsPolicy], Pair], told: Callable[[Pair], Told]) -> Any:
    """Return the handler of a receiver's command that leaves the need where it is."""

    def handle(message: Incoming[Any], policy: ReferralsPolicy) -> Handling:
        asked = message.data
        work = yield from take_turn(lambda: _load_receiver(message, asked.id))
        before = _pair_of_receiver(work, asked.id, asked.expected_version)
        after = decide(asked, before, work, policy)
        yield REFERRALS.load_claims(before.referral, after.referral)
        return store_pair(work, before, after, told(after)).handover

    return handle


def _load_receiver(message: Incoming[Any], handover_id: str, *, whole: bool = False) -> Loading:
    work = yield [Get(Handover, handover_id, message.actor.area)]
    known = work.get(Handover, handover_id)
    if known is None:
        return
    work = yield [Get(Referral, known.referral_id)]
    sender = work.get(Referral, known.referral_id)
    if whole and sender is not None:
        to = Receiver(kind=known.receiver_kind, id=known.receiver_id)
        yield [Get(Need, sender.need_id), Get(NeedResidents, sender.need_id), _receiver_load(to)]


def _pair_of_receiver(work: UnitOfWork, handover_id: str, expected: int | None) -> Pair:
    handover = work.reach(Handover, handover_id, "id")
    check_version(handover, HANDOVERS.kind, expected)
    require_decider(work.message.actor, handover)
    return Pair(work.require(Referral, handover.referral_id, "id"), handover)


HANDLERS: Final[HandlerTable] = {
    ReferNeed: refer_need,
    RequestReferral: request_referral,
    RevokeReferral: revoke_referral,
    AnswerEnquiry: _decide(
        lambda asked, pair, work, policy: answered(pair, asked.answer, work.now, policy.terms),
        lambda pair: REJECTED if pair.handover.state == "rejected" else ANSWERED,
    ),
    AcceptHandover: accept_handover,
    RejectHandover: _decide(lambda asked, pair, _, __: rejected(pair, asked.reason), lambda _: REJECTED),
    CompleteHandover: _decide(lambda asked, pair, _, __: completed(pair, asked.outcome), lambda _: DONE),
}
