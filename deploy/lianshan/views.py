"""The views of the gateway: their progress along the feed, and their rebuild."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from deploy.lianshan.stores import Stores
from services.gateway.declaration import FEATURES, Partition, Registry, Skip, ViewState, stored_name

MAX_NAME: Final = 200
NAMES: Final = tuple(feature.name for feature in FEATURES if feature.views)
"""The names that `lianshan views` takes: those of the features that are made from the feed."""


class UnknownViewError(Exception):
    """No feature of this release has views under that name."""


class CannotAbandonError(Exception):
    """The view has no other generation to stay with."""


@dataclass(frozen=True)
class ViewReport:
    """A feature's views: the generations (0 is none), and the events that each has still to follow."""

    view: str
    collections: list[str]
    live: int
    edition: int
    behind: int
    building: int
    to_follow: int
    retired: int
    skipped: int
    """Events that the live or the built generation could not apply and goes on without."""
    since: str
    by: str

    @property
    def state(self) -> str:
        """Return the state in a word: `live`, `rebuilding`, or `building` while nothing can be read yet."""
        if not self.building:
            return "live"
        return "rebuilding" if self.live else "building"

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {**asdict(self), "state": self.state}


@dataclass(frozen=True)
class PartitionReport:
    """A partition of the feed, its holder, and by generation the events that it has still to follow."""

    partition: str
    holder: str
    behind: dict[str, int]

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return asdict(self)


def open_registry(stores: Stores) -> Registry:
    """Return the register of the gateway's views."""
    return Registry(stores.of("gateway"), FEATURES)


def report(stores: Stores, names: Sequence[str] = NAMES) -> list[ViewReport]:
    """Return the state of those views; of a store that no gateway has prepared yet, none."""
    registry = open_registry(stores)
    # The head before the cursors: a view is never shown ahead of the feed.
    head, states, partitions = registry.head(), registry.states(), registry.partitions()
    counted = stores.collection("gateway", Skip.collection).aggregate(
        [{"$group": {"_id": "$lane", "events": {"$sum": 1}}}]
    )
    skipped = {row["_id"]: row["events"] for row in counted}
    features = registry.features
    return [
        _describe(states[name], list(features[name].views), partitions, head, skipped)
        for name in names
        if name in states
    ]


def report_partitions(stores: Stores, name: str) -> list[PartitionReport]:
    """Return for each partition how far that feature's generations have come."""
    registry = open_registry(stores)
    head, states = registry.head(), registry.states()
    lanes = [lane.name for lane in states[name].wanted] if name in states else []
    return [
        PartitionReport(p.id, p.holder, {lane: max(0, head - p.lanes[lane]) for lane in lanes if lane in p.lanes})
        for p in registry.partitions()
    ]


def rebuild(stores: Stores, names: Sequence[str], by: str) -> None:
    """Rebuild those views beside the live ones. Raises UnknownViewError, and then begins none."""
    registry = open_registry(stores)
    for name in names:
        _require(registry, name)
    for name in names:
        registry.rebuild(name, by=by[:MAX_NAME])


def abandon(stores: Stores, names: Sequence[str]) -> None:
    """Abandon the rebuild of those views. Raises UnknownViewError or CannotAbandonError."""
    registry = open_registry(stores)
    for name in names:
        _require(registry, name)
        try:
            registry.abandon(name)
        except ValueError as error:
            raise CannotAbandonError(str(error)) from error


def _require(registry: Registry, name: str) -> None:
    if name not in registry.features:
        raise UnknownViewError(f"there is no view {name}: one of {', '.join(NAMES)}")
    if name not in registry.states():
        raise UnknownViewError(f"{name} has not been entered yet: start the gateway's projector first")


def _describe(
    state: ViewState, collections: list[str], partitions: Sequence[Partition], head: int, skipped: dict[str, int]
) -> ViewReport:
    def behind(generation: int) -> int:
        lane = stored_name(state.id, generation)
        return max((max(0, head - p.lanes.get(lane, 0)) for p in partitions), default=head) if generation else 0

    return ViewReport(
        view=state.id,
        collections=collections,
        live=state.live,
        edition=state.edition,
        behind=behind(state.live),
        building=state.building,
        to_follow=behind(state.building),
        retired=state.retired,
        skipped=sum(skipped.get(stored_name(state.id, number), 0) for number in (state.live, state.building)),
        since=state.since.isoformat(),
        by=state.by,
    )
