"""Tasks as lists show them: one document a thing, by its own highest version; ended ones stay, out of the indexes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from services.gateway.projection.feature import Feature, Projection, ProjectionTable, Task
from services.gateway.projection.view import View, put_newest
from shared.contracts.messages import EventData
from shared.engine import Get, Incoming, Load, UnitOfWork
from shared.engine.decide.schema import Document

WITHOUT_DUE: Final = "9999"
"""Sorts after every instant: a step without a date comes last."""


class TaskView(View):
    """The next step of one thing. `order` is the instant at which it is due, as text that sorts by time."""

    collection: ClassVar[str] = "tasks"
    kind: str
    path: str
    area: str
    station_id: str | None = None
    person_id: str | None = None
    open: bool
    code: str = ""
    args: Document = Field(default_factory=dict)
    due: str | None = None
    order: str = WITHOUT_DUE


def _work_list(*fields: str) -> IndexModel:
    keys = [(field, ASCENDING) for field in (*fields, "order", "_id")]
    # Partial: an ended task costs the index nothing.
    return IndexModel(keys, name=keys[0][0], partialFilterExpression={"open": True})


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    TaskView.collection: [_work_list("area"), _work_list("station_id"), _work_list("person_id"), _work_list()]
}


@dataclass(frozen=True, slots=True)
class _Tasks:
    """The views of the tasks that one type of event changes."""

    found: Callable[[Incoming[Any]], Sequence[Task]]

    def then(self, _: UnitOfWork, message: Incoming[Any]) -> Sequence[Load]:
        return [Get(TaskView, task.thing_id) for task in self.found(message)]

    def apply(self, work: UnitOfWork, message: Incoming[Any]) -> None:
        for task in self.found(message):
            put_newest(work, _view(task))


def project_tasks(features: Sequence[Feature]) -> ProjectionTable:
    """Return the projections of all events that change a next step.

    Raises ValueError where two features declare tasks of one event: each thing has one next step.
    """
    table: dict[type[EventData], Projection] = {}
    for feature in features:
        for kind, found in feature.tasks.items():
            if kind in table:
                raise ValueError(f"{feature.name} and another feature declare tasks of {kind.type}")
            tasks = _Tasks(found)
            table[kind] = Projection(lambda _: (), tasks.apply, then=tasks.then)
    return table


def _view(task: Task) -> TaskView:
    step = task.step
    due = None if step is None or step.due is None else _text(step.due)
    return TaskView(
        id=task.thing_id, seen=task.version, kind=task.kind, path=task.path, area=task.area,
        station_id=task.station_id, person_id=task.person_id, open=step is not None,
        code="" if step is None else step.code, args={} if step is None else dict(step.args),
        due=due, order=due or WITHOUT_DUE,
    )  # fmt: skip


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
