"""The storing of needs: each with its event and its one timer, at the next deadline."""

from datetime import datetime
from typing import Final

from services.stations.needs.domain.announcement import build_event
from services.stations.needs.domain.assessment import (
    NeedAssessmentDue,
    assessment_escalated,
    find_assessment_reminder,
    key_of_assessment_timer,
)
from services.stations.needs.domain.deadline import escalated, find_next_deadline, find_step_due
from services.stations.needs.domain.due_time import DUE_TIME_OVER, NeedDue, key_of_timer, last_chance, unmet
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.publication import is_first_publication
from services.stations.needs.domain.referred import ReferredNeedGone, has_ended_referred
from services.stations.needs.domain.screened import ScreenedNeedServed, is_served_screening
from services.stations.needs.policy import NeedsPolicy
from shared.contracts.stations.assessing import AssessmentOverdue
from shared.contracts.stations.needs import NeedOverdue, NeedSnapshot, NeedState
from shared.engine import UnitOfWork
from shared.engine.reminders import AT_ONCE

STEP_OF_ITS_OWN: Final[tuple[NeedState, ...]] = ("draft", "served")
"""The states whose deadline is another than the due time, which begins with the publication."""


def announce(
    work: UnitOfWork, after: Need, before: Need | None, policy: NeedsPolicy, kind: type[NeedSnapshot] | None = None
) -> Need:
    """Store the need, emit the event of its state or of `kind`, and set or drop its timer."""
    if after.state in STEP_OF_ITS_OWN:
        after = after.model_copy(update={"step_due": find_step_due(after, policy.periods)})
    stored = work.put(after)
    work.emit(build_event(stored, before, kind), about=stored, area=stored.area)
    if stored.state in DUE_TIME_OVER:
        work.forget(key_of_timer(stored.id))
    elif (at := _next_timer(stored, before, work.now, policy)) is not None:
        remind(work, stored, at)
    _time_assessment(work, stored, before)
    if is_served_screening(stored):
        work.remind(f"screened:{stored.id}", work.now + AT_ONCE, ScreenedNeedServed(need_id=stored.id))
    if has_ended_referred(stored):
        work.remind(f"referred:{stored.id}", work.now + AT_ONCE, ReferredNeedGone(need_id=stored.id))
    return stored


def announce_change(work: UnitOfWork, after: Need, before: Need, kind: type[NeedSnapshot], **more: object) -> Need:
    """Store a change that leaves the need in its state, and emit the event of `kind`; the timer of its step stands.

    `more` are fields of that event alone.
    """
    stored = work.put(after)
    work.emit(build_event(stored, before, kind, **more), about=stored, area=stored.area)
    _time_assessment(work, stored, before)
    return stored


def _time_assessment(work: UnitOfWork, need: Need, before: Need | None) -> None:
    """Set or drop the timer of the assessment, where its next reminder is another than before."""
    at, was = find_assessment_reminder(need), None if before is None else find_assessment_reminder(before)
    if at == was:
        return
    key = key_of_assessment_timer(need.id)
    if at is None:
        work.forget(key)
    else:
        work.remind(key, at, NeedAssessmentDue(need_id=need.id))


def _next_timer(need: Need, before: Need | None, now: datetime, policy: NeedsPolicy) -> datetime | None:
    """Return the instant of the timer that the new state needs; None where the present timer is right."""
    if is_first_publication(need, before):
        return need.due
    if need.state in STEP_OF_ITS_OWN:
        return need.step_due
    if before is not None and before.state == "served" and need.due > now:
        return need.due
    return last_chance(need, now, policy.reopened_grace)


def store_progress(work: UnitOfWork, after: Need, before: Need, policy: NeedsPolicy) -> None:
    """Store the progress that another service reported; announce it where it changes the state."""
    if after is before:
        return
    if after.state == before.state:
        work.put(after)
        return
    announce(work, after, before, policy)


def meet_deadline(work: UnitOfWork, need: Need, policy: NeedsPolicy, *, left: bool) -> None:
    """After a deadline, end a published need as unmet, or remind of the next step of a need in any other state.

    A timer that comes early or again only sets the next one. With `left` nobody is at the station any more.
    """
    due = find_next_deadline(need, policy.periods)
    if due is None:
        return
    if work.now < due:
        remind(work, need, due)
    elif need.state == "published":
        announce(work, unmet(need, work.now), need, policy)
    else:
        escalate(work, need, due, policy, left=left)


def escalate(work: UnitOfWork, need: Need, was_due: datetime, policy: NeedsPolicy, *, left: bool = False) -> None:
    """Remind the next level of the step that was due at `was_due`."""
    stored = work.put(escalated(need, work.now, was_due, policy.periods, left=left))
    work.emit(build_event(stored, need, NeedOverdue), about=stored, area=stored.area)
    remind(work, stored, find_next_deadline(stored, policy.periods) or work.now)


def meet_assessment_time(work: UnitOfWork, need: Need, policy: NeedsPolicy, *, left: bool) -> None:
    """Remind the next level of an open need that stands without its assessment; an early timer sets the next one.

    With `left` nobody is at the station any more.
    """
    at = find_assessment_reminder(need)
    if at is None:
        return
    if work.now < at:
        work.remind(key_of_assessment_timer(need.id), at, NeedAssessmentDue(need_id=need.id))
    else:
        after = assessment_escalated(need, work.now, policy.assessment_terms, left=left)
        announce_change(work, after, need, AssessmentOverdue)


def remind(work: UnitOfWork, need: Need, at: datetime) -> None:
    """Set the one timer of the need."""
    work.remind(key_of_timer(need.id), at, NeedDue(need_id=need.id))
