"""The states of views and partitions as they are stored, and the rules between them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import ClassVar, Final, NamedTuple

from pydantic import Field

from services.gateway.projection.feature import PARTITIONS, Feature
from services.gateway.projection.feed import feed_id
from shared.engine import Entity
from shared.engine.decide.schema import Document

GRACE: Final = timedelta(seconds=60)
"""How long a retired generation is still updated, for readers that have not noticed the change yet."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Lane(NamedTuple):
    """One generation of a feature's views."""

    feature: str
    generation: int

    @property
    def name(self) -> str:
        """The name under which partitions keep its cursor: `needs@2`."""
        return stored_name(self.feature, self.generation)


class ViewState(Entity):
    """The generations of one feature's views; the id is the feature's name. A generation of 0 is none.

    `live` is read, `building` follows the feed from its beginning, `retired` was live before and is dropped after
    `drop_after`. `edition` is that of the live one's definition, `building_edition` of the other.
    """

    collection: ClassVar[str] = "views"
    live: int = 0
    edition: int = 0
    building: int = 0
    building_edition: int = 0
    retired: int = 0
    drop_after: datetime | None = None
    highest: int = 0
    """The highest generation so far: a number is used once."""
    since: datetime = _LONG_AGO
    """When the last change of this state began (UTC)."""
    by: str = ""
    """Who asked for the generation that is built."""

    @property
    def wanted(self) -> list[Lane]:
        """The generations that follow the feed."""
        return [Lane(self.id, number) for number in (self.live, self.building, self.retired) if number]


class Partition(Entity):
    """One part of the feed: how far each generation has followed it, and the worker that holds it.

    The cursors and the views change in one transaction, guarded by the version. A worker that takes the partition
    raises the version: a later write of the earlier holder is then refused.
    """

    collection: ClassVar[str] = "view_partitions"
    lanes: dict[str, int] = Field(default_factory=dict)
    """By the lane's name the cursor of the last event that it has applied."""
    holder: str = ""
    until: datetime = _LONG_AGO
    """When the holder's lease ends, by the clock of MongoDB."""


class Skip(Entity):
    """An event that a generation could not apply, and goes on without. The text holds nothing of the event's data."""

    collection: ClassVar[str] = "view_skips"
    lane: str
    cursor: int
    type: str
    error: str
    at: datetime

    @staticmethod
    def id_of(lane: str, cursor: int) -> str:
        """Return the id of the skip of that event by that generation."""
        return f"{lane}/{feed_id(cursor)}"

    @staticmethod
    def ids_of(lane: str) -> Document:
        """Return the rule for the ids of all skips of that generation."""
        return {"$gte": f"{lane}/", "$lt": f"{lane}0"}  # the character after the stroke


@cache  # asked for each generation and partition in every step
def stored_name(collection: str, generation: int) -> str:
    """Return the name of a collection in that generation."""
    return f"{collection}@{generation}"


def split_name(name: str) -> tuple[str, int] | None:
    """Return a stored name's collection and generation; None for a name without one."""
    base, _, number = name.rpartition("@")
    return (base, int(number)) if base and number.isdecimal() else None


@cache
def partition_id(number: int) -> str:
    """Return a partition's id: two digits."""
    return f"{number:02d}"


def new_state(feature: Feature, *, feed_is_empty: bool, now: datetime) -> ViewState:
    """Return the state of views that have no generation yet: with an empty feed there is nothing to wait for."""
    one = ViewState(id=feature.name, highest=1, since=now, by="start")
    if feed_is_empty:
        return one.model_copy(update={"live": 1, "edition": feature.edition})
    return one.model_copy(update={"building": 1, "building_edition": feature.edition})


def begin(state: ViewState, edition: int, now: datetime, by: str) -> ViewState:
    """Return the state in which one more generation is built. One under way is given up for it."""
    number = state.highest + 1
    news = {"building": number, "building_edition": edition, "highest": number, "since": now, "by": by}
    return state.model_copy(update=news)


def abandon(state: ViewState, now: datetime) -> ViewState:
    """Return the state in which nothing is built. Raises ValueError where there is no live generation to stay with."""
    if not state.live:
        raise ValueError(f"{state.id} has no other generation yet: it is built for the first time")
    return state.model_copy(update={"building": 0, "building_edition": 0, "since": now})


def switch(state: ViewState, now: datetime) -> ViewState:
    """Return the state in which the generation that was built is read, and the live one is retired."""
    news: dict[str, object] = {"live": state.building, "edition": state.building_edition, "building": 0, "since": now}
    if state.live:
        news |= {"retired": state.live, "drop_after": now + GRACE}
    return state.model_copy(update={**news, "building_edition": 0})


def drop_retired(state: ViewState) -> ViewState:
    """Return the state without a retired generation."""
    return state.model_copy(update={"retired": 0, "drop_after": None})


def has_joined(state: ViewState, partitions: Sequence[Partition], live: Iterable[str], head: int) -> bool:
    """Return whether the generation being built has come as far as the live ones in every partition.

    A lane that has come level with the live ones goes on in their transactions, so it stays level. Where nothing is
    live, level is the feed's head.
    """
    lane, others = stored_name(state.id, state.building), list(live)
    for partition in partitions:
        level = max((partition.lanes[name] for name in others if name in partition.lanes), default=head)
        if partition.lanes.get(lane, -1) < level:
            return False
    return len(partitions) == PARTITIONS


def lowest_position(states: Iterable[ViewState], partitions: Sequence[Partition]) -> int:
    """Return the position in the feed that every view which is read has reached in every partition; 0 without views."""
    lanes = [stored_name(state.id, state.live) for state in states if state.live]
    if len(partitions) < PARTITIONS:
        return 0
    return min((partition.lanes.get(lane, 0) for lane in lanes for partition in partitions), default=0)


def with_lanes(partition: Partition, wanted: set[str], known: set[str]) -> Partition:
    """Return the partition with a cursor for each wanted lane, and none for others of the `known` features.

    Lanes of features that this release does not know belong to another, and stay.
    """
    kept = {n: c for n, c in partition.lanes.items() if n in wanted or n.rpartition("@")[0] not in known}
    return partition.model_copy(update={"lanes": {**dict.fromkeys(sorted(wanted), 0), **kept}})


def lanes_of(feature: Feature, state: ViewState) -> Iterator[Lane]:
    """Yield the generations that this release may write: none whose definition is of a later edition."""
    editions = {state.live: state.edition, state.building: state.building_edition, state.retired: 0}
    yield from (lane for lane in state.wanted if editions[lane.generation] <= feature.edition)


def stored_names(feature: Feature, generation: int) -> Mapping[str, str]:
    """Return the stored name of each of the feature's collections in that generation."""
    return {collection: stored_name(collection, generation) for collection in feature.views}
