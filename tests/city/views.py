"""The views of the gateway: a worker that follows the feed at its own pace, by the same steps as the real one."""

from typing import TYPE_CHECKING, Any, Final

from services.gateway.declaration import FEATURES, VIEWS, stored_name
from services.gateway.following.memory import ViewsInMemory
from services.gateway.following.state import ViewState
from services.gateway.projection.feed import FeedItem
from tests.city.store import Change

if TYPE_CHECKING:
    from tests.city.world import World


POLL_MS: Final = 250
"""How soon the follower looks again at rows that no majority has yet."""


class _Noted(dict[Any, Any]):
    """A dictionary that notes the keys that were set."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[Any] = set()

    def __setitem__(self, key: Any, value: Any) -> None:
        self.changed.add(key)
        super().__setitem__(key, value)


class Views:
    """Follows the feed of one city and writes the views as their first generation."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._memory = world.services["gateway"].memory
        self._views = ViewsInMemory(FEATURES, world.time(), entities=_Noted())
        self._planned = False
        self._memory.listeners.append(self._note)
        for feature in FEATURES:
            if feature.views:
                self._memory.collection(ViewState.collection).put(feature.name, {"_id": feature.name, "live": 1})

    @property
    def behind(self) -> bool:
        """Whether the feed has events that the views do not show yet."""
        return self._planned

    def _note(self, changes: list[Change]) -> None:
        if not self._planned and any(change.collection == FeedItem.collection for change in changes):
            self._plan()

    def _plan(self) -> None:
        self._planned = True
        trouble = self._world.adversary.trouble
        wait = POLL_MS if self._memory.minority else 1
        place = f"views {self._views.cursor}"
        if trouble.late and self._world.adversary.strikes("late", place, trouble.late):
            wait += int(self._world.adversary.share(place) * trouble.late_ms)
        self._world.after(wait, self._follow)

    def _follow(self) -> None:
        feed = self._memory.majority_view(FeedItem.collection)
        first = self._views.cursor + 1
        items = [FeedItem.from_document(row) for row in feed.values() if row["cursor"] >= first]
        items.sort(key=lambda item: item.cursor)
        taken = items[: max(1, self._world.adversary.trouble.batch)]
        self._views.now = self._world.time()
        self._views.apply(taken)
        noted: Any = self._views.entities
        for model, entity_id in sorted(noted.changed, key=lambda key: (key[0].collection, key[1])):
            document = noted[model, entity_id].to_document()
            self._memory.collection(stored_name(model.collection, 1)).put(entity_id, document)
        noted.changed.clear()
        self._planned = False
        if len(items) > len(taken) or self._memory.minority:
            self._plan()


def stored(service: str, name: str) -> str:
    """Return the name under which a collection is stored: views stand in their first generation."""
    return stored_name(name, 1) if service == "gateway" and name in VIEWS else name
