"""Plain features: the view, the history, the counts, the tasks and the description of one kind of plain aggregate.

A feature is one declaration; the projector keeps its views by `projections`, the API makes its paths from it, see
`services/gateway/plain`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pydantic import create_model
from pymongo import ASCENDING, IndexModel

from services.gateway.projection.feature import (
    Feature,
    Projection,
    ProjectionTable,
    Task,
    TaskTable,
    partition_of,
)
from services.gateway.projection.view import NEWEST, View, index_by, put_newest
from shared.contracts.access import Permission, permission_to_see
from shared.contracts.messages import Command, EventData
from shared.contracts.plain import Action, Creation, Shape
from shared.engine import Entity, Get, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.schema import Document

VERSION_DIGITS: Final = 10
M = TypeVar("M", bound=Entity)


class PlainView(View):
    """A plain aggregate as its events describe it: `shape` is its outward shape as JSON.

    `apart` is set where its events take another permission to see than those of the feature.
    """

    area: str
    shape: Document
    apart: bool = False


class HistoryEntry(Entity):
    """One change of a plain aggregate: its shape afterwards. The id is that of the aggregate and the version."""

    happened: str
    """The last word of the event's type, `suspended`."""
    at: str
    shape: Document


class Count(Entity):
    """The number of views in one area that agree in all counted fields; of one partition of the feed."""

    area: str
    values: Document
    count: int = 0
    apart: bool = False


@dataclass(frozen=True, kw_only=True)
class PlainFeature(Feature):
    """One kind of plain aggregate in the API.

    `path` is its plural noun (`organisations`), `noun` the singular in sentences. `seen_with` is the permission that
    shows it, `apart_with` that which shows the things whose events take another one, if any. `shape` is its outward
    shape; lists filter by the `filters` among its fields and count by `counted`. `create` makes one, None where the
    `owner` alone makes them; `actions` are the commands to one, by the last part of their path. `example` is a body of
    `create` for the description.
    """

    path: str
    noun: str
    owner: str
    seen_with: Permission
    shape: type[Shape]
    view: type[PlainView]
    history: type[HistoryEntry]
    count: type[Count]
    create: type[Creation] | None = None
    actions: Mapping[str, type[Action]] = field(default_factory=dict)
    filters: Sequence[str] = ()
    counted: Sequence[str] = ()
    example: Mapping[str, object] = field(default_factory=dict)
    apart_with: Permission | None = None

    @property
    def commands(self) -> Sequence[type[Command]]:
        """The commands that its paths send."""
        return (*(() if self.create is None else (self.create,)), *self.actions.values())


@dataclass(frozen=True, slots=True)
class PlainViews:
    """The collections of one kind of plain aggregate, and the changes of events to them."""

    view: type[PlainView]
    history: type[HistoryEntry]
    count: type[Count]
    indexes: Mapping[str, Sequence[IndexModel]]
    projections: ProjectionTable
    tasks: TaskTable


def keep_views(
    path: str, noun: str, events: Sequence[type[EventData]], filters: Sequence[str] = (), counted: Sequence[str] = ()
) -> PlainViews:
    """Return the views of an aggregate that has the shape of its events, also for a feature with paths by hand."""
    view, history = _stored(PlainView, path, ""), _stored(HistoryEntry, path, "_history")
    count = _stored(Count, path, "_counts")
    kept = _Views(noun, path, view, history, count, tuple(counted), permission_to_see(events[0].type))
    by_field = [IndexModel([(f"shape.{each}", ASCENDING), NEWEST], name=each) for each in filters]
    indexes = {
        view.collection: [index_by("area"), *by_field],
        history.collection: [],
        count.collection: [IndexModel([("area", ASCENDING)], name="area")],
    }
    projections = dict.fromkeys(events, Projection(kept.handle))
    return PlainViews(view, history, count, indexes, projections, dict.fromkeys(events, kept.tasks))


def plain_feature(
    name: str, *, path: str, noun: str, shape: type[Shape], events: Sequence[type[EventData]],
    create: type[Creation] | None = None, actions: Mapping[str, type[Action]], filters: Sequence[str] = (),
    counted: Sequence[str] = (), example: Mapping[str, object] = MappingProxyType({}),
) -> PlainFeature:  # fmt: skip
    """Return the feature. Raises ValueError for an event, a filter or a counted field that does not fit the shape."""
    if strange := {*filters, *counted} - shape.model_fields.keys():
        raise ValueError(f"{shape.__name__} has no field {min(strange)}")
    if unfit := [event.type for event in events if not issubclass(event, shape)]:
        raise ValueError(f"{unfit[0]} does not have the shape {shape.__name__}")
    seen_with = permission_to_see(events[0].type)
    apart = sorted({permission_to_see(event.type) for event in events} - {seen_with})
    if len(apart) > 1:
        raise ValueError(f"the events of {name} are seen with {seen_with}, {' and '.join(apart)}: that is one too many")
    kept = keep_views(path, noun, events, filters, counted)
    return PlainFeature(
        name=name, indexes=kept.indexes, projections=kept.projections, tasks=kept.tasks, path=path, noun=noun,
        owner=events[0].type.partition(".")[0], seen_with=seen_with, shape=shape, view=kept.view, history=kept.history,
        count=kept.count, create=create, actions=actions, filters=filters, counted=counted, example=example,
        apart_with=next(iter(apart), None),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Views:
    """The views of one feature, kept from its events."""

    name: str
    path: str
    view: type[PlainView]
    history: type[HistoryEntry]
    count: type[Count]
    counted: tuple[str, ...]
    seen_with: Permission

    def handle(self, message: Incoming[Any]) -> Handling:
        """Keep the event in the history; where it is the newest, show it and count it in the place of the older."""
        data, after = message.data, self._view(message)
        work = yield from take_turn(lambda: self._load(after))
        entry = self.history(
            id=entry_id(data.id, data.version), happened=message.type.rpartition(".")[2],
            at=message.time.isoformat(), shape=after.shape,
        )  # fmt: skip
        if work.get(self.history, entry.id) is None:
            work.put(entry)
        known = work.get(self.view, data.id)
        if known is not None and known.seen >= after.seen:
            return
        put_newest(work, after)
        # Counted in the transaction that stores the view: a repeated event finds its version stored and counts nothing.
        if known is not None:
            self._add(work, self._counts(known), -1)
        self._add(work, self._counts(after), 1)

    def _load(self, after: PlainView) -> Loading:
        """Load the view, the history's entry, and the counts that the view leaves and enters."""
        work = yield [Get(self.view, after.id), Get(self.history, entry_id(after.id, after.seen))]
        known = work.get(self.view, after.id)
        views = [after] if known is None else [known, after]
        yield [Get(self.count, count.id) for view in views for count in self._counts(view)]

    def tasks(self, message: Incoming[Any]) -> Sequence[Task]:
        """Return the next step of the aggregate; of one apart under the word by which it is kept from others."""
        data: Shape = message.data
        path = f"/v1/{self.path}/{data.id}"
        kind = message.type.split(".")[1] if self._is_apart(message) else self.name
        station_id = data.own_station_id
        return [Task(kind, data.id, data.version, data.area, path, data.next_step, station_id)]

    def _is_apart(self, message: Incoming[Any]) -> bool:
        return permission_to_see(message.type) != self.seen_with

    def _view(self, message: Incoming[Any]) -> PlainView:
        data: Shape = message.data
        shape, apart = data.model_dump(mode="json"), self._is_apart(message)
        return self.view(id=data.id, seen=data.version, area=data.area, shape=shape, apart=apart)

    def _counts(self, view: PlainView) -> Iterable[Count]:
        if self.counted:
            values = {each: view.shape[each] for each in self.counted}
            # One part a partition of the feed, so that two workers never wait for each other's counts.
            part = partition_of(view.id)
            named = "|".join(f"{each}={value}" for each, value in values.items())
            ending = "|apart" if view.apart else ""
            count_id = f"{view.area}|{named}|{part}{ending}"
            yield self.count(id=count_id, area=view.area, values=values, apart=view.apart)

    def _add(self, work: UnitOfWork, counts: Iterable[Count], by: int) -> None:
        for empty in counts:
            stored = work.get(self.count, empty.id) or empty
            work.put(stored.model_copy(update={"count": stored.count + by}))


def entry_id(aggregate_id: str, version: int) -> str:
    """Return the id of the history's entry about that version: ids of one aggregate sort as its versions do."""
    return f"{aggregate_id}.{version:0{VERSION_DIGITS}d}"


def _stored(base: type[M], path: str, ending: str) -> type[M]:
    """Return the class of a feature's own collection."""
    model: type[M] = create_model(f"{base.__name__}_{path}", __base__=base)
    model.collection = f"{path}{ending}"
    return model
