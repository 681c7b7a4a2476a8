"""The next step of a dispatch, by its state: the work of its volunteer, and statements and collections by others."""

from collections.abc import Sequence

from services.gateway.projection.feature import Task
from shared.contracts.plain import NextStep
from shared.contracts.volunteering.dispatch import DispatchView, StaffingSnapshot
from shared.engine import Incoming


def list_tasks(message: Incoming[StaffingSnapshot]) -> Sequence[Task]:
    """Return the next step of each dispatch that the event changed."""
    return [
        Task(
            "dispatch", part.dispatch_id, part.version, message.data.area, f"/v1/dispatches/{part.dispatch_id}",
            _next_step(part), person_id=None if part.hours_due else part.volunteer_id,
        )
        for part in message.data.changed
    ]  # fmt: skip


def _next_step(part: DispatchView) -> NextStep | None:
    if part.hours_due and part.short_minutes:
        args = {"minutes": part.short_minutes, "reminders": part.reminded}
        return NextStep(code="collect_hours", due=part.hours_due, args=args)
    if part.hours_due:
        # Never the volunteer's own work: nobody states one's own time.
        return NextStep(code="state_hours", due=part.hours_due, args={"reminders": part.reminded})
    steps = {
        "offered": NextStep(code="answer_offer", due=part.expires_at),
        "accepted": NextStep(code="check_in", due=part.starts_at),
        "checked_in": NextStep(code="check_out", due=part.ends_at),
    }
    return steps.get(part.state)
