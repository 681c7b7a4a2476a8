"""A referral and its handover: the two sides of one way, which change together, and who decides on it.

In progress → accepted → done, or rejected, or revoked; an enquiry may come before. Nothing about a person stands here.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple

from services.stations.needs.domain.need import Need, require_state
from services.stations.network.domain import Station, require_open
from services.stations.organisations.domain import Organisation
from shared.contracts.access import Actor, Reference
from shared.contracts.areas import LEVELS, city_of
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.handovers import HandoverShape
from shared.contracts.stations.needs import NeedState
from shared.contracts.stations.referrals import (
    EnquiryAnswer,
    Receiver,
    ReferralBasis,
    ReferralOutcome,
    ReferralShape,
    ReferralState,
    RejectionReason,
    RevocationReason,
)
from shared.engine.plain import Aggregate, Exclusive
from shared.engine.reminders import Due, Reminders

REFERABLE: Final[tuple[NeedState, ...]] = ("draft", "published", "ready")
"""The states of a need that may be referred: once somebody serves it, its station ends it."""
UNDECIDED: Final[tuple[ReferralState, ...]] = ("enquired", "in_progress")
"""The states in which the receiver has to answer."""


UNACCEPTED: Final[tuple[ReferralState, ...]] = (*UNDECIDED, "answered")
"""The states of a referral that nobody has accepted yet."""
OPEN: Final[tuple[ReferralState, ...]] = (*UNACCEPTED, "accepted")
"""The states of a referral that has not ended."""


class Terms(NamedTuple):
    """The time for an answer before the level above takes over, and the time for the report of the outcome."""

    idle: timedelta
    report: timedelta


class Referral(ReferralShape, Aggregate):
    """The sender's side."""

    collection: ClassVar[str] = "referrals"


class Handover(HandoverShape, Aggregate):
    """The receiver's side."""

    collection: ClassVar[str] = "handovers"


class Pair(NamedTuple):
    """Both sides of one referral."""

    referral: Referral
    handover: Handover


class ReferralDue(Due):
    """The sender's next step is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.referral_due"


class HandoverDue(Due):
    """The receiver's next step is overdue: the next level is reminded."""

    type: ClassVar[str] = "stations.handover_due"


class HandoverIdle(Due):
    """The receiver has not answered in time: the level above takes over."""

    type: ClassVar[str] = "stations.handover_idle"


REFERRAL_REMINDERS: Final = Reminders(ReferralDue, frozenset({"follow_up_enquiry"}))
HANDOVER_REMINDERS: Final = Reminders(
    HandoverDue,
    frozenset({"decide_taken_over_referral", "report_referral_outcome"}),
    above=frozenset({"decide_taken_over_referral"}),
)


# ---- who may refer to whom -----------------------------------------------------------------------------


def require_referable(need: Need, receiver: Station | Organisation) -> None:
    """Refuse a referral of the need to that receiver.

    Raises Refused: "wrong_state" for a need that is served or has ended, for a closed station and an organisation that
    is not active, and, to a station, for a need that was confirmed before; "invalid" for its own station and for a
    station of another city.
    """
    require_state(need, REFERABLE, "refer")
    if isinstance(receiver, Organisation):
        if receiver.state != "active":
            raise Refused("wrong_state", "receiver_not_active", field="receiver.id", state=receiver.state)
        return
    require_open(receiver, "receiver.id")
    if receiver.id == need.station_id:
        raise Refused("invalid", "referred_to_itself", field="receiver.id")
    if city_of(receiver.area) != city_of(need.area):
        raise Refused("invalid", "station_of_another_city", field="receiver.id")
    if need.undone_for is not None:
        # The books of its first delivery are those of the station's area.
        raise Refused("wrong_state", "confirmed_before", field="need_id")


def require_senders(need: Need, referral: Referral) -> None:
    """Raise Refused("wrong_state") for a need that another station has owned since it was sent."""
    if need.station_id != referral.station_id:
        raise Refused("wrong_state", "need_has_moved", field="id")


def require_decider(actor: Actor, handover: Handover) -> None:
    """Raise Refused("not_allowed") for an actor below the level that has taken over, until it has decided."""
    level = handover.taken_over_by
    if handover.state in UNDECIDED and level is not None and not actor.reaches(level):
        raise Refused("not_allowed", "referral_taken_over", field="id", area=level)


def find_level_above(sender: str, receiver: str) -> str:
    """Return the area of the level that decides for both: the smallest that holds them and is above the receiver.

    Where they have no level in common, it is the level above the receiver.
    """
    digits = sorted(LEVELS, reverse=True)
    above = [receiver[:each] for each in digits if each < len(receiver)] or [receiver]
    return next((area for area in above if sender.startswith(area) and len(area) < len(sender)), above[0])


# ---- transitions ---------------------------------------------------------------------------------------


class Sent(NamedTuple):
    """The ids of both sides, the instant and the periods of a new referral."""

    referral_id: str
    handover_id: str
    now: datetime
    terms: Terms


def enquired(need: Need, to: Receiver, area: str, sent: Sent) -> Pair:
    """Return a new enquiry to the receiver in `area`: it names the need to the sender alone."""
    due = sent.now + sent.terms.idle
    referral = Referral(
        id=sent.referral_id, version=0, area=need.area, need_id=need.id, station_id=need.station_id,
        receiver_kind=to.kind, receiver_id=to.id, receiver_area=area, handover_id=sent.handover_id, state="enquired",
        due=due,
    )  # fmt: skip
    handover = Handover(
        id=sent.handover_id, version=0, area=area, referral_id=sent.referral_id, receiver_kind=to.kind,
        receiver_id=to.id, sender_area=need.area, state="enquired", theme=need.theme, urgency=need.urgency,
        beneficiaries=need.beneficiaries, groups=need.groups, need_due=need.due, due=due,
    )  # fmt: skip
    return Pair(referral, handover)


def requested(pair: Pair, basis: ReferralBasis, by: Reference, now: datetime, terms: Terms) -> Pair:
    """Return the referral in progress, on that basis: the receiver is told the need, and decides."""
    facts: dict[str, object] = {"state": "in_progress", "due": now + terms.idle, "taken_over_by": None}
    ground = {"obtained": basis.obtained, "override": basis.override, "referred_by": by}
    return Pair(
        pair.referral.model_copy(update={**facts, **ground}),
        pair.handover.model_copy(update={**facts, "need_id": pair.referral.need_id}),
    )


def answered(pair: Pair, answer: EnquiryAnswer, now: datetime, terms: Terms) -> Pair:
    """Return the enquiry answered; where there is no capacity, it has ended as rejected.

    Raises Refused("wrong_state") unless it is an enquiry.
    """
    _require(pair.handover, "enquired")
    if answer == "no_capacity":
        return _changed(pair, state="rejected", answer=answer, reason="no_capacity", due=None)
    waits = _changed(pair, state="answered", answer=answer, due=None)
    return waits._replace(referral=waits.referral.model_copy(update={"due": now + terms.idle}))


def accepted(pair: Pair, now: datetime, terms: Terms) -> Pair:
    """Return the referral accepted. Raises Refused("wrong_state") unless it is in progress."""
    _require(pair.handover, "in_progress")
    return _changed(pair, state="accepted", due=now + terms.report)


def rejected(pair: Pair, because: RejectionReason) -> Pair:
    """Return the referral rejected. Raises Refused("wrong_state") unless it waits for the receiver."""
    _require(pair.handover, *UNDECIDED)
    return _changed(pair, state="rejected", reason=because, due=None)


def revoked(pair: Pair, because: RevocationReason) -> Pair:
    """Return the referral revoked. Raises Refused("wrong_state") where it is accepted or has ended."""
    _require(pair.referral, *UNDECIDED, "answered")
    return _changed(pair, state="revoked", reason=because, due=None)


def completed(pair: Pair, outcome: ReferralOutcome) -> Pair:
    """Return the referral done. Raises Refused("wrong_state") unless it is accepted."""
    _require(pair.handover, "accepted")
    return _changed(pair, state="done", outcome=outcome, due=None)


def left_open(pair: Pair) -> Pair:
    """Return the referral as rejected, because its receiver has closed: nobody could accept it any more.

    Raises Refused("wrong_state") where it is accepted or has ended.
    """
    _require(pair.referral, *UNACCEPTED)
    return _changed(pair, state="rejected", reason="receiver_closed", due=None)


def taken_over(pair: Pair, now: datetime, terms: Terms) -> Pair:
    """Return the referral as the level above has it; the pair itself where the receiver is not late."""
    late = pair.handover
    if find_idle(late) is None or late.due is None or now < late.due:
        return pair
    level = find_level_above(pair.referral.area, late.area)
    return _changed(pair, taken_over_by=level, due=now + terms.idle)


def handed_over(pair: Pair, station_id: str, successor: Station) -> Pair:
    """Return the referral that the station has sent or received as one of its successor; deadlines stay.

    One between the two has no other side any more: before its acceptance it is revoked, the need being there already.
    """
    referral, handover = pair
    if referral.station_id == station_id:
        referral = referral.model_copy(update={"station_id": successor.id, "area": successor.area})
        handover = handover.model_copy(update={"sender_area": successor.area})
    if (handover.receiver_kind, handover.receiver_id) == ("station", station_id):
        there = {"receiver_id": successor.id}
        referral = referral.model_copy(update={**there, "receiver_area": successor.area})
        handover = handover.model_copy(update={**there, "area": successor.area})
    after = Pair(referral, handover)
    own = (handover.receiver_kind, handover.receiver_id) == ("station", referral.station_id)
    if own and referral.state in {*UNDECIDED, "answered"}:
        return _changed(after, state="revoked", reason="served_otherwise", due=None)
    return after


def find_idle(handover: Handover) -> datetime | None:
    """Return the instant at which the level above takes over; None where it need not, or has."""
    waits = handover.state in UNDECIDED and handover.taken_over_by is None
    return handover.due if waits else None


def require_answered(pair: Pair) -> None:
    """Raise Refused("wrong_state") unless the enquiry was answered, and not by "no capacity"."""
    _require(pair.referral, "answered")


# ---- next steps ----------------------------------------------------------------------------------------


def find_sender_step(referral: Referral) -> NextStep | None:
    """Return the sender's next step after the answer to an enquiry; in other open states it is the receiver's turn."""
    return NextStep(code="follow_up_enquiry", due=referral.due) if referral.state == "answered" else None


def find_receiver_step(handover: Handover) -> NextStep | None:
    """Return the receiver's next step, or that of the level which has taken over; None where there is none."""
    if handover.state in UNDECIDED and handover.taken_over_by is not None:
        return NextStep(code="decide_taken_over_referral", args={"area": handover.taken_over_by}, due=handover.due)
    if handover.state == "enquired":
        return NextStep(code="answer_enquiry", due=handover.due)
    if handover.state == "in_progress":
        return NextStep(code="decide_referral", due=handover.due)
    return NextStep(code="report_referral_outcome", due=handover.due) if handover.state == "accepted" else None


def list_exclusive(referral: Referral) -> list[Exclusive]:
    """Return the need, which has one referral in progress at a time; enquiries go to several."""
    return [Exclusive(referral.need_id, "need_id")] if referral.state == "in_progress" else []


def _changed(pair: Pair, **facts: object) -> Pair:
    return Pair(pair.referral.model_copy(update=facts), pair.handover.model_copy(update=facts))


def _require(side: Referral | Handover, *allowed: ReferralState) -> None:
    if side.state not in allowed:
        raise Refused("wrong_state", "referral_not_in_state", field="id", state=side.state, allowed=",".join(allowed))
