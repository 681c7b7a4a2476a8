"""The next step of a need, by its state: the work of its station."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from services.gateway.projection.feature import Task
from shared.contracts.plain import NextStep
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine import Incoming

CONFIRM_WITHIN: Final = timedelta(days=3)
"""From the end of the service to the station's confirmation."""
EVALUATE_WITHIN: Final = timedelta(days=7)
"""From the confirmation to the rating."""


def list_tasks(message: Incoming[NeedSnapshot]) -> Sequence[Task]:
    """Return the next step of the need."""
    data = message.data
    step = _next_step(data, message.time)
    path = f"/v1/needs/{data.need_id}"
    return [Task("need", data.need_id, data.version, data.area, path, step, data.station_id)]


def _next_step(need: NeedSnapshot, at: datetime) -> NextStep | None:
    slot = need.volunteers
    steps = {
        "draft": ("publish_need", need.due),
        "published": ("await_supply_and_volunteers", need.due),
        "ready": ("begin_service", slot.starts_at if slot else need.due),
        "in_service": ("end_service", slot.ends_at if slot else need.due),
        "served": ("confirm_need", at + CONFIRM_WITHIN),
        "confirmed": ("evaluate_need", at + EVALUATE_WITHIN),
    }
    # A state of a newer release, and every final one, asks for nothing here.
    code, due = steps.get(need.state, (None, None))
    return None if code is None else NextStep(code=code, due=due)
