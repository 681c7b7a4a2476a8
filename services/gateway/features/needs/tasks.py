"""The next step of a need, by its state: the work of its station."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.gateway.projection.feature import Task
from shared.contracts.plain import NextStep
from shared.contracts.stations.amending import NeedEdited
from shared.contracts.stations.assessing import NeedAssessed
from shared.contracts.stations.need_changes import NeedChange
from shared.contracts.stations.needs import ENDED, NeedOverdue, NeedRegistered, NeedServed, NeedSnapshot
from shared.engine import Incoming

CONFIRM_WITHIN: Final = timedelta(days=3)
"""From the end of the service to its confirmation, where release 0.2 has announced it; later ones name the instant."""
EVALUATE_WITHIN: Final = timedelta(days=7)
"""From the confirmation to the end of the time for a rating. The need has ended: nobody has to rate it."""


def list_tasks(message: Incoming[NeedSnapshot]) -> Sequence[Task]:
    """Return the next step of the need."""
    data = message.data
    step = _next_step(data, message.time)
    path = f"/v1/needs/{data.need_id}"
    rates = step is not None and step.code == "evaluate_need"
    task = Task("need", data.need_id, data.version, data.area, path, step, data.station_id, lapses=rates)
    # Most needs are never to be assessed by a date, and cost nothing here: only these events may end such a wait.
    if data.assessment_due is None and not isinstance(data, NeedEdited | NeedAssessed):
        return [task]
    waits = _assessment_step(data)
    return [task, replace(task, step=waits, lapses=False, part="assessment")]


def _assessment_step(need: NeedSnapshot) -> NextStep | None:
    """Return the step of an open need that stands without the assessment that it is to have."""
    waits = need.assessment_due
    if waits is None or need.state in ENDED:
        return None
    late = waits.overdue
    if late is None or late.level == "station":
        return NextStep(code="assess_need", due=waits.due)
    since = late.was_due.isoformat(timespec="minutes")
    return NextStep(
        code="see_to_unassessed_need", args={"level": late.level, "area": late.area, "since": since}, due=late.next_at
    )


def _next_step(need: NeedSnapshot, at: datetime) -> NextStep | None:
    step = _step_of_state(need, at)
    late = need.overdue if isinstance(need, NeedOverdue | NeedEdited | NeedChange) else None
    if step is None or late is None:
        return step
    if late.level == "station":
        return step.model_copy(update={"due": late.was_due})
    since = late.was_due.isoformat(timespec="minutes")
    return NextStep(
        code="see_to_overdue_need", args={"level": late.level, "area": late.area, "since": since}, due=late.next_at
    )


def _step_of_state(need: NeedSnapshot, at: datetime) -> NextStep | None:
    slot = need.volunteers
    due = need.step_due if isinstance(need, NeedRegistered | NeedEdited | NeedServed | NeedChange) else None
    rating = NextStep(code="evaluate_need", due=at + EVALUATE_WITHIN)
    # Without volunteers nobody checks in: the goods are handed over, and the station confirms that.
    handed_over = NextStep(code="confirm_need", due=need.due)
    steps = {
        "draft": NextStep(code="publish_need", due=due or need.due),
        "published": NextStep(code="await_supply_and_volunteers", due=need.due),
        "ready": NextStep(code="begin_service", due=slot.starts_at) if slot else handed_over,
        "in_service": NextStep(code="end_service", due=slot.ends_at if slot else need.due),
        "served": NextStep(code="confirm_need", due=due or at + CONFIRM_WITHIN),
        "confirmed": rating,
        "partly_served": rating,
    }
    # A state of a newer release, and every final one, asks for nothing here.
    return steps.get(need.state)
