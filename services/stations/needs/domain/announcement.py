"""The events about a need. No title, no free text, no exact place."""

from typing import Final

from services.stations.needs.domain.assessment import describe_latest
from services.stations.needs.domain.need import Need, explain_waiting, told_state
from services.stations.needs.domain.publication import is_first_publication
from shared.contracts.stations.needs import (
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedPublished,
    NeedReady,
    NeedRegistered,
    NeedReopened,
    NeedServed,
    NeedSnapshot,
    NeedState,
    NeedUnmet,
    ServiceBegun,
)

EVENTS: Final[dict[NeedState, type[NeedSnapshot]]] = {
    "draft": NeedRegistered,
    "published": NeedReopened,
    "ready": NeedReady,
    "in_service": ServiceBegun,
    "served": NeedServed,
    "confirmed": NeedConfirmed,
    "evaluated": NeedEvaluated,
    "cancelled": NeedCancelled,
    "unmet": NeedUnmet,
}
"""The event that announces each state; the first publication has one of its own."""


def build_event(
    need: Need, before: Need | None, kind: type[NeedSnapshot] | None = None, **more: object
) -> NeedSnapshot:
    """Return the event for a need that has just come from `before` (None: it is new) into its state.

    `kind` is the event of a step that has an event of its own in every state, `more` are fields of that event alone.
    """
    event = kind or (NeedPublished if is_first_publication(need, before) else EVENTS[need.state])
    # One list for all events: each takes the fields that its model has, and ignores progress or rating otherwise.
    return event(
        need_id=need.id,
        version=need.version,
        state=told_state(need),
        station_id=need.station_id,
        area=need.area,
        theme=need.theme,
        urgency=need.urgency,
        score=need.score,
        due=need.due,
        place=need.place,
        beneficiaries=need.beneficiaries,
        beneficiary_groups=need.groups,
        lines=need.lines,
        volunteers=need.volunteers,
        published_at=need.published_at,
        registered_at=need.registered_at,
        channel=need.channel,
        triage_override=need.triage_override,
        merged_into=need.merged_into,
        assessment=describe_latest(need),
        assessment_due=need.assessment_due,
        assessed_by=need.assessments[-1].by if need.assessments else None,
        published_by=need.published_by,
        series=need.series,
        confirmed_by=need.confirmed_by,
        delivered=need.delivered,
        undone_for=need.undone_for,
        committed=need.committed,
        fulfilled=need.fulfilled,
        volunteers_confirmed=need.volunteers_confirmed,
        waiting=explain_waiting(need),
        extended_for=need.extended_for,
        reopened_for=need.reopened_for,
        amended_for=need.amended_for,
        amended=need.amended,
        step_due=need.step_due,
        overdue=need.overdue,
        rating=need.rating,
        reason_code=need.cancelled_for or "unspecified",
        **more,
    )
