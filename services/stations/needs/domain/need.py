"""A need (需求) and its state, derived from facts.

Nobody sets a need's state. Commands and the answers of the other services bring facts (the amounts committed, the
volunteers confirmed, the instants of publication, confirmation, cancellation), and `derive_state` reads the state from
them. So the same facts give the same state, in any order of arrival.
"""

from datetime import datetime
from itertools import pairwise
from typing import Annotated, ClassVar, Final

from shared.contracts.access import Reference
from shared.contracts.messages import OPEN, Message
from shared.contracts.need_parts import Line, Overdue, Place, Urgency, VolunteerRequest, Waiting
from shared.contracts.reasons import reason
from shared.contracts.refusals import Refused
from shared.contracts.stations.amending import AmendedFor, AmendedPart
from shared.contracts.stations.need_intake import (
    AssessmentDue,
    IntakeChannel,
    ProblemDomain,
    RiskLevel,
    TriageOverride,
)
from shared.contracts.stations.need_reasons import CancelledFor, ExtensionReason, UndoReason
from shared.contracts.stations.needs import NeedState
from shared.contracts.stations.reopening import ReopeningReason
from shared.contracts.volunteering.dispatch import StaffingState
from shared.engine.decide.entity import Entity
from shared.engine.decide.sparse import Sparse

TIMELINE_LIMIT: Final = 100
"""Entries kept; beyond it the middle ones go, the beginning and the latest stay."""

CHARITY_UNANSWERED: Final = Waiting(
    for_what=reason("for_resources"),
    reason=reason("not_answered_yet", service="charity"),
    next_step=reason("answer_is_applied"),
)
VOLUNTEERING_UNANSWERED: Final = Waiting(
    for_what=reason("for_volunteers"),
    reason=reason("not_answered_yet", service="volunteering"),
    next_step=reason("answer_is_applied"),
)


class Assessment(Message):
    """One assessment of a need in codes, and the actor who made it; its words are in NeedText, sealed."""

    at: datetime
    by: Reference
    risk: Annotated[RiskLevel, OPEN]
    domains: tuple[Annotated[ProblemDomain, OPEN], ...]


class Need(Sparse, Entity):
    """The request of a need, and its progress. The words that people wrote are in NeedText, sealed.

    `announced` is the version of the last event about it: progress that changes no state raises the version, and
    nobody outside sees it. `committed`, `fulfilled` and `delivered` go by the order of `lines`; `delivered` holds the
    amounts that the confirmation states: None before it, and for a need that release 0.2.0 has confirmed. `step_due` is
    the deadline of a draft and of a served need, `overdue` is set from the first reminder to the next state. `amended`
    are the parts that the last amendment changed; `lines_made` is the highest number of a line, where one was dropped.
    `score` is that of the override where there is one, otherwise the sum of its parts.
    `assessment_due` is set while an urgent need stands without an assessment; the first one ends it.
    `series` is the home of a care plan that the need visits. `referred` is set from its first referral or enquiry on:
    those that nobody has accepted end with the need. `followed_by` is the need that a screening has opened for the same
    resident since this one ended.
    """

    collection: ClassVar[str] = "needs"

    station_id: str
    area: str
    theme: str
    urgency: Urgency
    severity: int
    due: datetime
    place: Place
    beneficiaries: int
    groups: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    volunteers: VolunteerRequest | None = None
    score: int
    score_parts: dict[str, int]
    registered_at: datetime
    channel: Annotated[IntakeChannel, OPEN] = "unspecified"

    state: NeedState = "draft"
    timeline: tuple[tuple[NeedState, datetime], ...] = ()
    announced: int = 0
    step_due: datetime | None = None
    overdue: Overdue | None = None
    triage_override: TriageOverride | None = None
    assessments: tuple[Assessment, ...] = ()
    assessment_due: AssessmentDue | None = None

    # Facts that the station's actions and the due time bring.
    published_at: datetime | None = None
    published_by: Reference | None = None
    confirmed_at: datetime | None = None
    confirmed_by: Reference | None = None
    delivered: tuple[int, ...] | None = None
    undone_for: UndoReason | None = None
    extended_for: ExtensionReason | None = None
    reopened_for: ReopeningReason | None = None
    amended_for: AmendedFor | None = None
    amended: tuple[AmendedPart, ...] = ()
    lines_made: int = 0
    evaluated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_for: CancelledFor | None = None
    merged_into: str | None = None
    unmet_at: datetime | None = None
    rating: int | None = None
    series: str | None = None
    referred: bool = False
    followed_by: str | None = None

    # Facts from charity, as its answer of version `link_version` has them.
    link_version: int = 0
    committed: tuple[int, ...] = ()
    fulfilled: tuple[int, ...] = ()
    link_waiting: tuple[Waiting, ...] = ()

    # Facts from volunteering, as its answer of version `staffing_version` has them.
    staffing_version: int = 0
    staffing: Annotated[StaffingState, OPEN] | None = None
    volunteers_confirmed: int = 0
    checked_in: int = 0
    checked_out: int = 0
    staffing_waiting: tuple[Waiting, ...] = ()


# ---- the state -----------------------------------------------------------------------------------------


def derive_state(need: Need) -> NeedState:
    """Return the state that the facts give."""
    # An end weighs more than the service that was under way: a late answer does not reopen it.
    if need.cancelled_at is not None:
        return "cancelled"
    if need.unmet_at is not None:
        return "unmet"
    if need.evaluated_at is not None:
        return "evaluated"
    if need.confirmed_at is not None:
        return "confirmed"
    if need.published_at is None:
        return "draft"
    return _state_of_service(need)


def _state_of_service(need: Need) -> NeedState:
    if need.staffing in ("served", "credited") and not _nobody_served(need):
        return "served"
    # A check-out counts as well: it may overtake its check-in.
    if need.staffing == "serving" or need.checked_in or need.checked_out:
        return "in_service"
    return "ready" if lines_committed(need) and volunteers_found(need) else "published"


def lines_committed(need: Need) -> bool:
    """Return whether every line is reserved or delivered as requested."""
    if not need.lines:
        return True
    return len(need.committed) == len(need.lines) and all(
        have >= line.requested for have, line in zip(need.committed, need.lines, strict=True)
    )


def volunteers_found(need: Need) -> bool:
    """Return whether the requested number of people is confirmed."""
    return need.volunteers is None or need.volunteers_confirmed >= need.volunteers.headcount


def told_state(need: Need) -> NeedState:
    """Return the state as events and answers tell it: `partly_served` where a confirmed need got less than asked for.

    That means less of a line, or none of the volunteers. The store keeps `confirmed` for both, because release 0.2.0
    cannot read a need in a state that it does not know.
    """
    less = need.state == "confirmed" and (_got_less(need) or _was_not_served(need))
    return "partly_served" if less else need.state


def _was_not_served(need: Need) -> bool:
    # Only the timeline shows it: a later answer of volunteering is about a need that has ended.
    before = need.timeline[-2][0] if len(need.timeline) > 1 else "served"
    return need.volunteers is not None and before != "served"


def _nobody_served(need: Need) -> bool:
    # Where a service was confirmed, volunteering asks nobody again, also if the contrary is stated after an undoing.
    states = [state for state, _ in need.timeline]
    return need.staffing == "credited" and not need.checked_out and ("served", "confirmed") not in pairwise(states)


def _got_less(need: Need) -> bool:
    return need.delivered is not None and any(
        got < line.requested for got, line in zip(need.delivered, need.lines, strict=True)
    )


def explain_waiting(need: Need) -> tuple[Waiting, ...]:
    """Return the reasons why an open need has not got all that it asks for, each with its next step.

    None where nothing is awaited. A need whose volunteers have left still waits for its goods, and one whose next step
    is overdue for those who have to take it.
    """
    late = () if need.overdue is None else (need.overdue.explain(),)
    if need.state not in ("published", "in_service", "served"):
        return late
    unanswered = []
    # For a reopened need charity's last answer may still be about its end, and gives no reason for the missing amounts.
    if need.lines and (not need.link_version or not (lines_committed(need) or need.link_waiting)):
        unanswered.append(CHARITY_UNANSWERED)
    if need.volunteers is not None and _is_staffing_unanswered(need):
        unanswered.append(VOLUNTEERING_UNANSWERED)
    return (*late, *unanswered, *need.link_waiting, *need.staffing_waiting)


def _is_staffing_unanswered(need: Need) -> bool:
    # Of a need whose end is undone volunteering may still tell that end, and of one that was amended to ask for more
    # people that all are found.
    found_fewer = need.staffing == "staffed" and not (volunteers_found(need) or need.staffing_waiting)
    return not need.staffing_version or need.staffing == "released" or found_fewer or _nobody_served(need)


# ---- transitions ---------------------------------------------------------------------------------------


def with_facts(need: Need, now: datetime, **facts: object) -> Need:
    """Return the need with further facts, the state that they give, and its timeline.

    A new state is to be announced: `announced` is then the version that the need gets when it is stored.
    """
    after = need.model_copy(update=facts)
    state = derive_state(after)
    if state == need.state:
        return after
    # Where the last check-out is the first news of the service, its beginning still belongs to the story.
    skipped = state == "served" and all(passed != "in_service" for passed, _ in need.timeline)
    entries = (("in_service", now), (state, now)) if skipped else ((state, now),)
    timeline = (*after.timeline, *entries)
    if len(timeline) > TIMELINE_LIMIT:
        half = TIMELINE_LIMIT // 2
        timeline = (*timeline[:half], *timeline[-half:])
    # Another state has another deadline: nobody is late with it yet.
    news = {"state": state, "timeline": timeline, "announced": need.version + 1, "step_due": None, "overdue": None}
    return after.model_copy(update=news)


def require_state(need: Need, allowed: tuple[NeedState, ...], action: str) -> None:
    """Raise Refused("wrong_state") unless the need is in one of the allowed states.

    `action` is a code: publish, extend, cancel, reopen, confirm, undo or evaluate.
    """
    if need.state in allowed:
        return
    raise Refused(
        "wrong_state",
        "need_not_in_state",
        field="state",
        state=told_state(need),
        action=action,
        allowed=",".join(allowed),
    )


def check_version(need: Need, expected: int | None) -> None:
    """Refuse a change that was decided on an outdated view of the need.

    Raises Refused("version_mismatch") naming If-Match (RFC 9110, section 13.1.1). None expects nothing.
    """
    # Progress that was not announced is invisible outside: any version since the last announced one is the same need.
    if expected is not None and not need.announced <= expected <= need.version:
        raise Refused(
            "version_mismatch",
            "version_not_current",
            field="If-Match",
            kind="need",
            current=need.announced,
            expected=expected,
        )
