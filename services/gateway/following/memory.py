"""Views without servers, for unit tests and the city in memory: the same steps along the feed, over a dictionary."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from services.gateway.following.state import Lane
from services.gateway.following.step import Front, Step, Track, line_up
from services.gateway.projection.feature import PARTITIONS, Feature
from services.gateway.projection.feed import FeedItem, follow
from shared.engine.decide.entity import Entity, EntityKey
from shared.engine.decide.loads import Get, Load
from shared.engine.decide.unit_of_work import IdentityMap


@dataclass
class ViewsInMemory:
    """One generation of every feature's views; `apply` moves them on by the next items of the feed, in one step.

    `partitions` are those that this worker holds: several workers share `entities`. Raises the failure of a projection.
    """

    features: Sequence[Feature]
    now: datetime
    entities: dict[EntityKey, Entity] = field(default_factory=dict)
    partitions: Iterable[int] = range(PARTITIONS)
    cursor: int = 0

    def apply(self, items: Sequence[FeedItem]) -> None:
        """Apply the items, in order of their cursors; those that were applied already change nothing."""
        first = self._first_front
        front = Front(dict.fromkeys(first.cursors, self.cursor), first.decks)
        step = Step(front, self._owners, [follow(item.cursor, item.type, item.event) for item in items])
        for deck in step.decks:
            decisions = step.decide_deck(deck, self._fetch, self.now)
            for failed in step.failures:
                raise failed.error
            for key, _, entity in decisions.writes if decisions is not None else ():
                self.entities[key] = entity
        self.cursor = max([self.cursor, *(item.cursor for item in items)])

    @cached_property
    def _owners(self) -> Mapping[str, Feature]:
        return {feature.name: feature for feature in self.features if feature.views}

    @cached_property
    def _first_front(self) -> Front:
        return line_up([Track(n, Lane(name, 1), 0) for n in self.partitions for name in self._owners], self._owners)

    def one(self, model: type[Entity], thing_id: str) -> Any:
        """Return the stored view. Raises KeyError where there is none."""
        return self.entities[model, thing_id]

    def _fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        for load in loads:
            if not isinstance(load, Get):
                raise TypeError(f"{load}: a view is loaded by its id")
            identities.remember(load.model, load.id, self.entities.get((load.model, load.id)))
