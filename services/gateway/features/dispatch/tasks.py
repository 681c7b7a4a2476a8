"""The next step of a dispatch, by its state: the work of its volunteer."""

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
            _next_step(part), person_id=part.volunteer_id,
        )
        for part in message.data.changed
    ]  # fmt: skip


def _next_step(part: DispatchView) -> NextStep | None:
    steps = {
        "offered": ("answer_offer", part.expires_at),
        "accepted": ("check_in", part.starts_at),
        "checked_in": ("check_out", part.ends_at),
    }
    code, due = steps.get(part.state, (None, None))
    return None if code is None else NextStep(code=code, due=due)
