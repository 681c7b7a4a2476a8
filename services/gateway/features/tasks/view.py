"""Tasks as lists show them: one document a thing, by its own highest version.

An ended task stays out of the lists' indexes, and little more than its version is kept, without a time limit: an event
that comes late, as the retry of a dead letter does however old, finds it and does not open it again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, Final

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from services.gateway.projection.feature import Feature, Projection, ProjectionTable, Task
from services.gateway.projection.view import View, put_newest
from shared.contracts.messages import EventData
from shared.engine import TURN, Get, Handling, Incoming
from shared.engine.decide.schema import Document
from shared.engine.store.collections import INBOX_KEEPS

FORGOTTEN_AFTER: Final = INBOX_KEEPS
"""After so long a task is deleted that release 0.2 has ended."""
WITHOUT_DUE: Final = "9999"
"""Sorts after every instant: a step without a date comes after those with one."""
LAPSING: Final = "L"
"""Before the instant of a step that lapses with it. Such steps come last, so that a list reads those that have lapsed
only after everything else.
"""


class TaskView(View):
    """The next step of one thing. `order` is the instant at which it is due, as text that sorts by time.

    A step that lapses stays `open` afterwards: no event comes by then, and a view goes by events alone.
    """

    collection: ClassVar[str] = "tasks"
    kind: str
    thing: str = ""
    """The id of the thing, where this is the task of a part of it."""
    path: str
    area: str
    station_id: str | None = None
    person_id: str | None = None
    open: bool
    ended: datetime | None = None
    """Of a task that release 0.2 has ended, the instant (UTC); others have none, and are never deleted."""
    code: str = ""
    args: Document = Field(default_factory=dict)
    due: str | None = None
    order: str = WITHOUT_DUE


def _work_list(*fields: str) -> IndexModel:
    # Area and code at last: a list that is filtered by them, too, reads no task but those that it shows.
    further = [field for field in ("area", "code") if field not in fields]
    keys = [(field, ASCENDING) for field in (*fields, "order", "_id", *further)]
    # Partial: an ended task costs the index nothing.
    return IndexModel(keys, name=keys[0][0], partialFilterExpression={"open": True})


FORGET: Final = IndexModel(
    [("ended", ASCENDING)],
    name="forget",
    expireAfterSeconds=int(FORGOTTEN_AFTER.total_seconds()),
    partialFilterExpression={"open": False},
)
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    TaskView.collection: [_work_list("area"), _work_list("station_id"), _work_list("person_id"), _work_list(), FORGET]
}


def _show(message: Incoming[Any], found: Callable[[Incoming[Any]], Sequence[Task]]) -> Handling:
    """Show the tasks that the event makes, changes or ends."""
    tasks = found(message)
    yield [Get(TaskView, task.view_id) for task in tasks]
    work = yield TURN
    for task in tasks:
        # Of a thing that begins without a step there is nothing to show, and nothing older to keep away.
        if task.step is not None or task.version > 1 or work.get(TaskView, task.view_id) is not None:
            put_newest(work, view_of(task))


def project_tasks(features: Sequence[Feature]) -> ProjectionTable:
    """Return the projections of all events that change a next step.

    Raises ValueError where two features declare tasks of one event: each thing has one next step.
    """
    table: dict[type[EventData], Projection] = {}
    for feature in features:
        for kind, found in feature.tasks.items():
            if kind in table:
                raise ValueError(f"{feature.name} and another feature declare tasks of {kind.type}")
            table[kind] = Projection(partial(_show, found=found))
    return table


def view_of(task: Task) -> TaskView:
    """Return the task as it is stored."""
    step = task.step
    if step is None:
        return TaskView(id=task.view_id, seen=task.version, kind=task.kind, path="", area="", open=False)
    due = None if step.due is None else _text(step.due)
    order = due or WITHOUT_DUE
    return TaskView(
        id=task.view_id, seen=task.version, kind=task.kind, path=task.path, area=task.area,
        thing=task.thing_id if task.part else "", station_id=task.station_id, person_id=task.person_id, open=True,
        code=step.code, args=dict(step.args), due=due, order=LAPSING + order if task.lapses else order,
    )  # fmt: skip


def not_lapsed(now: datetime) -> Document:
    """Return the rule that leaves out the steps that have lapsed by `now` (city time)."""
    return {"$nor": [{"order": {"$gte": LAPSING, "$lt": LAPSING + _text(now)}}]}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
