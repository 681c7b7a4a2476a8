"""A need (需求) and its life, derived from facts.

Nobody sets a need's state. Commands and the answers of the other services bring facts (what is committed, who
is confirmed, when it was published, confirmed, cancelled), and `derive_state` reads the state from them. So
whatever order the facts arrive in, the same facts give the same state.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, ClassVar, Final

from services.stations.domain.triage import score_parts
from shared.contracts.charity.linking import LinkSnapshot
from shared.contracts.need_parts import Line, Place, Urgency, VolunteerRequest, Waiting
from shared.contracts.refusals import Refused
from shared.contracts.stations.needs import NeedState
from shared.contracts.volunteering.dispatch import StaffingSnapshot, StaffingState
from shared.engine.decide.entity import Entity, as_stored

TIMELINE_LIMIT: Final = 100
"""Entries kept; beyond it the middle ones go, the beginning and the latest stay."""

CHARITY_UNANSWERED: Final = Waiting(
    for_what="resources",
    reason="the charity service has not answered yet",
    next_step="its answer is applied on arrival",
)
VOLUNTEERING_UNANSWERED: Final = Waiting(
    for_what="volunteers",
    reason="the volunteering service has not answered yet",
    next_step="its answer is applied on arrival",
)

OPEN_STATES: Final[tuple[NeedState, ...]] = ("draft", "assessed", "published", "ready", "in_service")


class Need(Entity):
    """What is asked for, and how far it has come. The words people wrote are in NeedText, sealed.

    `announced` is the version of the last event about it: progress that changes no state counts the version
    up without anybody outside seeing it. `committed` and `fulfilled` go by the order of `lines`.
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

    state: NeedState = "draft"
    timeline: tuple[tuple[NeedState, datetime], ...] = ()
    announced: int = 0

    published_at: datetime | None = None
    confirmed_at: datetime | None = None
    evaluated_at: datetime | None = None
    cancelled_at: datetime | None = None
    unmet_at: datetime | None = None
    rating: int | None = None

    link_version: int = 0
    committed: tuple[int, ...] = ()
    fulfilled: tuple[int, ...] = ()
    link_waiting: tuple[Waiting, ...] = ()

    staffing_version: int = 0
    staffing: StaffingState | None = None
    volunteers_confirmed: int = 0
    checked_in: int = 0
    checked_out: int = 0
    staffing_waiting: tuple[Waiting, ...] = ()

    def to_document(self, only: AbstractSet[str] | None = None) -> dict[str, Any]:
        """Without what is at its default: it is rewritten with every answer, so it is kept small."""
        return as_stored(self.model_dump(include=only, exclude_defaults=True))  # type: ignore[arg-type]


# ---- the state -----------------------------------------------------------------------------------------


def derive_state(need: Need) -> NeedState:
    """The state that the facts say. What ended it weighs more than what was going on."""
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
    if need.staffing in ("served", "credited"):
        return "served"
    if need.staffing == "serving" or need.checked_in or need.checked_out:
        return "in_service"
    return "ready" if lines_committed(need) and volunteers_found(need) else "published"


def lines_committed(need: Need) -> bool:
    """Whether everything that was asked for is reserved or delivered."""
    if not need.lines:
        return True
    return len(need.committed) == len(need.lines) and all(
        have >= line.requested for have, line in zip(need.committed, need.lines, strict=True)
    )


def volunteers_found(need: Need) -> bool:
    """Whether as many people are confirmed as were asked for."""
    return need.volunteers is None or need.volunteers_confirmed >= need.volunteers.headcount


def waiting(need: Need) -> tuple[Waiting, ...]:
    """Why an open need is not served yet and what happens next; nothing where it waits for nobody (L1)."""
    if need.state not in ("published", "in_service"):
        return ()
    unanswered = []
    if need.lines and not need.link_version:
        unanswered.append(CHARITY_UNANSWERED)
    if need.volunteers is not None and not need.staffing_version:
        unanswered.append(VOLUNTEERING_UNANSWERED)
    return (*unanswered, *need.link_waiting, *need.staffing_waiting)


# ---- facts ---------------------------------------------------------------------------------------------


def published(need: Need, now: datetime) -> Need:
    """Assessed (the score now counts the time it lay as a draft) and published.

    Raises Refused where it is no draft any more or its due time has passed.
    """
    _must_be(need, ("draft",), "published")
    if need.due <= now:
        raise Refused(
            "wrong_state",
            "Its due time has passed: register the need again with a later one.",
            field="due",
            rule="due in the future",
        )
    parts = score_parts(need.severity, need.urgency, need.groups, now - need.registered_at)
    return _with(
        need,
        now,
        score_parts=parts,
        score=sum(parts.values()),
        timeline=(*need.timeline, ("assessed", now)),
        published_at=now,
    )


def cancelled(need: Need, now: datetime) -> Need:
    """Ended by the station before it was served. Raises Refused where it is too late."""
    _must_be(need, OPEN_STATES, "cancelled")
    return _with(need, now, cancelled_at=now)


def unmet(need: Need, now: datetime) -> Need:
    """Ended by its due time; the need itself where it is ready, being served or ended already."""
    return _with(need, now, unmet_at=now) if need.state == "published" else need


def confirmed(need: Need, now: datetime) -> Need:
    """The station says that it took place; a need without volunteers is confirmed once it is ready."""
    allowed: tuple[NeedState, ...] = ("served",) if need.volunteers else ("served", "ready")
    _must_be(need, allowed, "confirmed")
    return _with(need, now, confirmed_at=now)


def evaluated(need: Need, now: datetime, rating: int) -> Need:
    """Rated 1 to 5, after it was confirmed."""
    _must_be(need, ("confirmed",), "evaluated")
    return _with(need, now, evaluated_at=now, rating=rating)


def linked(need: Need, link: LinkSnapshot, now: datetime) -> Need:
    """What charity holds ready; the need itself where a later answer of charity is known already."""
    if link.version <= need.link_version:
        return need
    amounts = {amount.line_id: amount for amount in link.amounts}
    held = [amounts.get(line.id) for line in need.lines]
    return _with(
        need,
        now,
        link_version=link.version,
        committed=tuple(0 if a is None else a.committed for a in held),
        fulfilled=tuple(0 if a is None else a.fulfilled for a in held),
        link_waiting=link.waiting,
    )


def staffed(need: Need, staffing: StaffingSnapshot, now: datetime) -> Need:
    """Who comes; the need itself where a later answer of volunteering is known already."""
    if staffing.version <= need.staffing_version:
        return need
    return _with(
        need,
        now,
        staffing_version=staffing.version,
        staffing=staffing.state,
        volunteers_confirmed=staffing.confirmed,
        checked_in=staffing.checked_in,
        checked_out=staffing.checked_out,
        staffing_waiting=staffing.waiting,
    )


def check_version(need: Need, expected: int | None) -> None:
    """Refuse a change that was decided on an older view of the need than anyone can now have.

    Any version since the last announced one is the same need to the caller.
    """
    if expected is not None and not need.announced <= expected <= need.version:
        raise Refused(
            "version_mismatch",
            f"The need is at version {need.announced}, not {expected}: read it again, then decide.",
            field="If-Match",
            rule="current version",
        )


def _must_be(need: Need, allowed: tuple[NeedState, ...], what: str) -> None:
    if need.state in allowed:
        return
    raise Refused(
        "wrong_state",
        f"A need in state {need.state} cannot be {what}; only in state {' or '.join(allowed)}.",
        field="state",
        rule=f"state {' or '.join(allowed)}",
    )


def _with(need: Need, now: datetime, **facts: Any) -> Need:
    after = need.model_copy(update=facts)
    state = derive_state(after)
    if state == need.state:
        return after
    begun = state == "served" and all(past != "in_service" for past, _ in need.timeline)
    passed = (("in_service", now), (state, now)) if begun else ((state, now),)
    timeline = (*after.timeline, *passed)
    if len(timeline) > TIMELINE_LIMIT:
        half = TIMELINE_LIMIT // 2
        timeline = (*timeline[:half], *timeline[-half:])
    return after.model_copy(update={"state": state, "timeline": timeline, "announced": need.version + 1})
