"""Views without servers, for unit tests and the city in memory: the same steps along the feed, over a dictionary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.gateway.following.state import Lane
from services.gateway.following.step import Step, Track
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
        owners = {feature.name: feature for feature in self.features if feature.views}
        tracks = [Track(number, Lane(name, 1), self.cursor) for number in self.partitions for name in owners]
        step = Step(tracks, owners, [follow(item.cursor, item.type, item.event) for item in items])
        for deck in step.decks:
            decisions = step.decide_deck(deck, self._fetch, self.now)
            for failed in step.failures:
                raise failed.error
            for key, _, entity in decisions.writes if decisions is not None else ():
                self.entities[key] = entity
        self.cursor = max([self.cursor, *(item.cursor for item in items)])

    def one(self, model: type[Entity], thing_id: str) -> Any:
        """Return the stored view. Raises KeyError where there is none."""
        return self.entities[model, thing_id]

    def _fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        for load in loads:
            if not isinstance(load, Get):
                raise TypeError(f"{load}: a view is loaded by its id")
            identities.remember(load.model, load.id, self.entities.get((load.model, load.id)))
