"""Answers about tasks."""

from datetime import datetime

from pydantic import Field

from services.gateway.features.tasks.view import TaskView
from services.gateway.http.answers import InstantText
from services.gateway.http.worded import ReasonAnswer


class TaskAnswer(ReasonAnswer):
    """The next step of one open thing."""

    kind: str = Field(description="The kind of the thing: need, dispatch, alert, organisation.")
    id: str = Field(description="The id of the thing.")
    path: str = Field(description="The path of the thing in this API.")
    area: str
    station_id: str | None = Field(description="The station of the thing; null where it belongs to none.")
    person_id: str | None
    due: InstantText | None = Field(description="The instant after which the step is overdue.")
    overdue: bool


def task_from_view(view: TaskView, now: datetime) -> TaskAnswer:
    """Return the task as it stands at `now` (city time)."""
    overdue = view.due is not None and datetime.fromisoformat(view.due) < now
    return TaskAnswer(
        kind=view.kind, id=view.thing or view.id, path=view.path, area=view.area, station_id=view.station_id,
        person_id=view.person_id, code=view.code, args=view.args, due=view.due, overdue=overdue,
    )  # fmt: skip
