"""One step of the views along the feed: which cursors move, the events they move over, and the changes. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from services.gateway.following.state import Lane, Partition, stored_names
from services.gateway.projection.feature import Feature, Projection
from services.gateway.projection.feed import Followed, placed
from shared.engine.decide.batch import Decisions, Fetch, decide
from shared.engine.decide.handlers import Handler


class Track(NamedTuple):
    """A generation in one partition, and the last cursor that it has applied there."""

    partition: int
    lane: Lane
    cursor: int


@dataclass(frozen=True, slots=True)
class Failed:
    """An event that a generation could not apply."""

    lane: Lane
    message: Followed[Any]
    error: Exception


@dataclass(slots=True)
class Deck:
    """Generations that are decided together: one of each feature, so that no two change the same entity."""

    lanes: list[Lane] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, feature: Feature, lane: Lane) -> None:
        """Add a generation of a feature that the deck does not have yet."""
        self.lanes.append(lane)
        self.names.update(stored_names(feature, lane.generation))


def split_tracks(tracks: Sequence[Track], live: set[Lane]) -> tuple[list[Track], list[Track]]:
    """Return the tracks at the front, and those behind it.

    The front is as far as the last of the live ones has come. A generation that was built up to it moves on with it.
    """
    at_front = [track.cursor for track in tracks if track.lane in live] or [track.cursor for track in tracks]
    edge = min(at_front, default=0)
    return [t for t in tracks if t.cursor >= edge], [t for t in tracks if t.cursor < edge]


def deal(lanes: Iterable[Lane], features: Mapping[str, Feature]) -> list[Deck]:
    """Return the lanes in decks."""
    decks: list[Deck] = []
    for lane in sorted(set(lanes), key=lambda lane: (lane.feature, lane.generation)):
        free = next((deck for deck in decks if all(other.feature != lane.feature for other in deck.lanes)), None)
        if free is None:
            decks.append(free := Deck())
        free.add(features[lane.feature], lane)
    return decks


@dataclass(frozen=True, slots=True)
class Front:
    """The tracks that a step moves on: the cursor of each lane in each partition, and their lanes in decks."""

    cursors: Mapping[tuple[Lane, int], int]
    decks: Sequence[Deck]


def line_up(tracks: Sequence[Track], features: Mapping[str, Feature]) -> Front:
    """Return the front that these tracks make."""
    return Front({(t.lane, t.partition): t.cursor for t in tracks}, deal({t.lane for t in tracks}, features))


class Step:
    """Events that some tracks move over. `decide_deck` decides the changes of one deck; `failures` has the errors."""

    def __init__(self, front: Front, features: Mapping[str, Feature], messages: Sequence[Followed[Any]]) -> None:
        self.messages = messages
        self.decks = front.decks
        self.touched: set[int] = set()
        """The partitions whose views change."""
        self.failures: list[Failed] = []
        self._features = features
        self._cursors = front.cursors

    def decide_deck(self, deck: Deck, fetch: Fetch, now: datetime) -> Decisions | None:
        """Return the changes of the deck's views; None where there are none. Raises the errors of `fetch`."""
        projections = self._find_projections(deck)
        runs = [run for message in self.messages for run in self._runs(projections[message.type], message)]
        if not runs:
            return None
        decisions = decide([(message, handler) for _, message, handler in runs], fetch, now)
        for (lane, message, _), outcome in zip(runs, decisions.outcomes, strict=True):
            if outcome.failure is not None:
                self.failures.append(Failed(lane, message, outcome.failure))
        return decisions

    def _find_projections(self, deck: Deck) -> dict[str, list[tuple[Lane, Projection]]]:
        """Return by type of event the lanes that project it: a step has hundreds of events of few types."""
        return {
            kind: [
                (lane, projection)
                for lane in deck.lanes
                if (projection := self._features[lane.feature].projection_of(kind)) is not None
            ]
            for kind in {message.type for message in self.messages}
        }

    def _runs(
        self, projections: Iterable[tuple[Lane, Projection]], message: Followed[Any]
    ) -> Iterator[tuple[Lane, Followed[Any], Handler]]:
        """Yield the projections of the event, where its partition is on a track that has not had it yet."""
        for lane, projection in projections:
            here = placed(message, projection)
            if self._cursors.get((lane, here.partition), message.cursor) < message.cursor:
                self.touched.add(here.partition)
                yield lane, here, projection.handle


def moved(partition: Partition, tracks: Iterable[Track], end: int) -> Partition:
    """Return the partition with the cursors of those tracks, which are its own, at `end`."""
    lanes = {track.lane.name: max(track.cursor, end) for track in tracks}
    return partition.model_copy(update={"lanes": {**partition.lanes, **lanes}})


def by_partition(tracks: Iterable[Track]) -> Mapping[int, Sequence[Track]]:
    """Return the tracks of each partition."""
    found: dict[int, list[Track]] = defaultdict(list)
    for track in tracks:
        found[track.partition].append(track)
    return found
