"""The timeline of a need, from the events of all three services: reason codes, and nothing about a person. Pure."""

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from shared.contracts.charity.linking import LinkSnapshot
from shared.contracts.charity.payments import PaymentShape
from shared.contracts.messages import EventData
from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import Reason, reason
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.assessing import AssessmentOverdue, NeedAssessed
from shared.contracts.stations.need_merging import NeedMerged
from shared.contracts.stations.needs import (
    ConfirmationUndone,
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedExtended,
    NeedOverdue,
    NeedProgress,
    NeedSnapshot,
)
from shared.contracts.stations.referrals import ReferralShape
from shared.contracts.stations.reopening import EndUndone
from shared.contracts.volunteering.dispatch import StaffingSnapshot
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCorrected, HoursCredited
from shared.engine.decide.schema import Document

MOST_ENTRIES: Final = 200
"""The latest are kept; the state of a need does not depend on them."""

Reasons = Callable[[Any], list[Reason]]
"""The contents of one kind of event, as reasons with their values."""


def make_entry(kind: str, key: str, version: int, at: datetime, data: EventData, *, cursor: int) -> Document:
    """Return an event as the timeline stores it; `cursor` leads to the event itself in the feed."""
    return {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "what": kind,
        "reasons": [part.model_dump() for part in describe(data)],
        "waiting": [part.model_dump() for part in describe_waiting(data)],
        "version": version,
        "key": key,
        "cursor": cursor,
    }


def merge(timeline: Sequence[Document], new: Document) -> list[Document]:
    """Return the timeline with the entry in its place, at most MOST_ENTRIES.

    The same event again changes nothing, and any order of arrival gives the same timeline.
    """
    if any(known["key"] == new["key"] for known in timeline):
        return list(timeline)
    grown = list(timeline)
    insort(grown, new, key=_place)
    return grown[-MOST_ENTRIES:]


def cursors(timeline: Sequence[Document]) -> list[int]:
    """Return the feed cursors of the events in the timeline."""
    return [known["cursor"] for known in timeline]


def describe(data: EventData) -> list[Reason]:
    """Return the contents of the event; none for a kind that has no reasons here."""
    reasons = reasons_for(type(data))
    return [] if reasons is None else reasons(data)


def describe_waiting(data: EventData) -> Sequence[Waiting]:
    """Return the waits that charity's or volunteering's event names; the station's event repeats them."""
    return data.waiting if isinstance(data, LinkSnapshot | StaffingSnapshot) else ()


@cache
def reasons_for(kind: type[EventData]) -> Reasons | None:
    """Return the reasons for that kind of event, or for the nearest kind that it extends."""
    # The order of the method resolution is from the special to the general: an evaluation before any progress.
    return next((_REASONS[base] for base in kind.__mro__ if base in _REASONS), None)


def _place(known: Document) -> tuple[str, int, str]:
    # Events of one instant by version, then by key: a total order, so that replicas and rebuilds agree.
    return known["at"], known["version"], known["key"]


def _describe_registration(data: NeedSnapshot) -> list[Reason]:
    return [reason("triage_scored", score=data.score, due=data.due.isoformat(timespec="minutes"))]


def _describe_progress(data: NeedProgress) -> list[Reason]:
    parts = []
    if data.lines:
        parts.append(reason("lines_supplied", supplied=sum(map(bool, data.committed)), lines=len(data.lines)))
    if data.volunteers:
        headcount = data.volunteers.headcount
        parts.append(reason("volunteers_confirmed", confirmed=data.volunteers_confirmed, headcount=headcount))
    return parts


def _describe_confirmation(data: NeedConfirmed) -> list[Reason]:
    if not data.lines or data.delivered is None:
        return _describe_progress(data)
    whole = sum(got >= line.requested for got, line in zip(data.delivered, data.lines, strict=False))
    return [
        *_describe_progress(data),
        reason("lines_delivered", whole=whole, part=sum(map(bool, data.delivered)) - whole, lines=len(data.lines)),
    ]


def _describe_undoing(data: ConfirmationUndone) -> list[Reason]:
    return [reason("confirmation_undone", because=data.undone_for), *_describe_progress(data)]


def _describe_lateness(data: NeedOverdue) -> list[Reason]:
    return [data.overdue.explain().reason]


def _describe_assessment(data: NeedAssessed) -> list[Reason]:
    latest = data.assessment
    if latest is None:
        return []
    domains = ",".join(latest.domains)
    return [reason("need_assessed", number=latest.number, risk=latest.risk, domains=domains)]


def _describe_missing_assessment(data: AssessmentOverdue) -> list[Reason]:
    late = None if data.assessment_due is None else data.assessment_due.overdue
    if late is None:
        return []
    since, until = (at.isoformat(timespec="minutes") for at in (late.was_due, late.next_at))
    return [reason("assessment_overdue", since=since, level=late.level, area=late.area, until=until)]


def _describe_extension(data: NeedExtended) -> list[Reason]:
    return [reason("need_extended", because=data.extended_for, due=data.due.isoformat(timespec="minutes"))]


def _describe_reopening(data: EndUndone) -> list[Reason]:
    return [reason("need_reopened", because=data.reopened_for, due=data.due.isoformat(timespec="minutes"))]


def _describe_amendment(data: NeedAmended) -> list[Reason]:
    if data.amended == ("triage",):
        return [reason("triage_overridden", score=data.score, because=data.amended_for)]
    return [reason("need_amended", because=data.amended_for, parts=",".join(data.amended)), *_describe_progress(data)]


def _describe_evaluation(data: NeedEvaluated) -> list[Reason]:
    return [reason("rated", rating=data.rating)]


def _describe_merge(data: NeedMerged) -> list[Reason]:
    return [reason("need_merged", merged=data.merged_id)]


def _describe_cancellation(data: NeedCancelled) -> list[Reason]:
    because = reason("need_cancelled", because=data.reason_code)
    return [because] if data.merged_into is None else [because, reason("need_merged_into", into=data.merged_into)]


def _describe_link(data: LinkSnapshot) -> list[Reason]:
    rings = dict.fromkeys(source.ring for source in data.sources)
    parts = [reason("link_state", state=data.state)]
    return [*parts, reason("linked_from", rings=",".join(rings))] if rings else parts


def _describe_staffing(data: StaffingSnapshot) -> list[Reason]:
    parts = [reason("volunteers_confirmed", confirmed=data.confirmed, headcount=data.headcount)]
    if data.offered:
        parts.append(reason("offers_open", count=data.offered))
    if data.checked_in:
        parts.append(reason("people_checked_in", count=data.checked_in))
    if data.checked_out:
        parts.append(reason("people_checked_out", count=data.checked_out))
    return parts


def _describe_credit(data: HoursCredited) -> list[Reason]:
    return [reason("minutes_credited", minutes=data.minutes)]


def _describe_correction(data: HoursCorrected) -> list[Reason]:
    if data.minutes < 0:
        return [reason("minutes_taken_back", minutes=-data.minutes)]
    return [reason("minutes_given_back", minutes=data.minutes)]


def _describe_adjustment(data: HoursAdjusted) -> list[Reason]:
    parts = [reason("minutes_adjusted", minutes=data.service_minutes, because=data.reason_code)]
    return [*parts, reason("minutes_short", minutes=data.short_minutes)] if data.short_minutes else parts


def _describe_referral(data: ReferralShape) -> list[Reason]:
    if data.taken_over_by is not None and data.state in ("enquired", "in_progress"):
        return [reason("referral_is_taken_over", receiver=data.receiver_id, area=data.taken_over_by)]
    return [reason("referral_stands", receiver=data.receiver_id, state=data.state)]


def _describe_payment(data: PaymentShape) -> list[Reason]:
    return [reason("payment_stands", state=data.state, paid=data.paid_fen, used=data.used_fen)]


_REASONS: Final[Mapping[type[Any], Reasons]] = {
    NeedOverdue: _describe_lateness,
    NeedExtended: _describe_extension,
    NeedAssessed: _describe_assessment,
    AssessmentOverdue: _describe_missing_assessment,
    NeedAmended: _describe_amendment,
    NeedEvaluated: _describe_evaluation,
    NeedCancelled: _describe_cancellation,
    NeedMerged: _describe_merge,
    NeedConfirmed: _describe_confirmation,
    ConfirmationUndone: _describe_undoing,
    EndUndone: _describe_reopening,
    NeedProgress: _describe_progress,
    NeedSnapshot: _describe_registration,
    LinkSnapshot: _describe_link,
    StaffingSnapshot: _describe_staffing,
    HoursCredited: _describe_credit,
    HoursCorrected: _describe_correction,
    HoursAdjusted: _describe_adjustment,
    PaymentShape: _describe_payment,
    ReferralShape: _describe_referral,
}
