"""Features: capabilities of the gateway, each with its table from event to projection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from zlib import crc32

from pymongo import IndexModel

from shared.contracts.messages import EventData
from shared.contracts.plain import NextStep
from shared.engine import Capability, Handling, Incoming

PARTITIONS: Final = 16
"""Parts of the feed that workers share. Stored with each item of the feed: another number is a migration."""


@dataclass(frozen=True, slots=True)
class Projection:
    """The way from an event to the views that it changes. `handle` is a handler: it loads, takes the turn and puts.

    Events of one partition are applied in the order of the feed, those of different partitions side by side. So all
    events of a view should share a partition. By default that is the event's subject; `partition` returns another key
    from the event's data, as the need's id of a credit in the time bank. Where two partitions change one view all the
    same, version guards keep it right at the price of conflicts.
    """

    handle: Callable[[Incoming[Any]], Handling]
    partition: Callable[[Any], str] | None = None


ProjectionTable = Mapping[type[EventData], Projection]
Projections = Mapping[str, Sequence[Projection]]
"""All projections of an event, by its type."""


@dataclass(frozen=True, slots=True)
class Task:
    """The next step of one open thing, as an event describes it; `step` is None once nothing is left to do.

    `thing_id` and `kind` name the thing (`need`), `version` is the version of the thing, `path` its path in the API.
    `station_id` and `person_id` name whose work it is, where it is somebody's. A step that `lapses` nobody has to take:
    once its date is over it is in no list any more. A thing that has a second open step names it by `part`: that task
    stands beside the first.
    """

    kind: str
    thing_id: str
    version: int
    area: str
    path: str
    step: NextStep | None
    station_id: str | None = None
    person_id: str | None = None
    lapses: bool = False
    part: str = ""

    @property
    def view_id(self) -> str:
        """The id under which the task is kept: of the thing, or of its part."""
        return f"{self.thing_id}.{self.part}" if self.part else self.thing_id


TaskTable = Mapping[type[EventData], Callable[[Incoming[Any]], Sequence[Task]]]
"""The tasks that an event makes, changes or ends."""


@dataclass(frozen=True)
class Feature(Capability):
    """A capability of the gateway, as its folder's `__init__.py` declares it.

    `projections` names the events that change its views. An event may change the views of several features; each
    projects it into its own views alone. The collections of a feature with projections are stored in generations, see
    `services.gateway.following`; `edition` is the edition of their definition: raise it, and the projector rebuilds
    them from the feed when it starts. `tasks` names the events that change the next step of a thing.
    """

    projections: ProjectionTable = field(default_factory=dict)
    tasks: TaskTable = field(default_factory=dict)
    edition: int = 1

    @property
    def views(self) -> Mapping[str, Sequence[IndexModel]]:
        """The collections that are made from the feed, with their indexes; of a feature without projections none."""
        return self.indexes if self.projections else {}

    def projection_of(self, event_type: str) -> Projection | None:
        """Return the projection of that type of event; None where the feature has none."""
        return self._by_type.get(event_type)

    @cached_property
    def _by_type(self) -> Mapping[str, Projection]:
        return {kind.type: projection for kind, projection in self.projections.items()}


def by_type(features: Sequence[Feature]) -> Projections:
    """Return every projection of the features by the type of its event, in the order of the features."""
    found: dict[str, list[Projection]] = {}
    for feature in features:
        for kind, projection in feature.projections.items():
            found.setdefault(kind.type, []).append(projection)
    return found


def partition_of(key: str) -> int:
    """Return the partition of a key, from 0; the same in every process and release."""
    return crc32(key.encode()) % PARTITIONS
