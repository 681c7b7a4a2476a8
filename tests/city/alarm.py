"""The next time that a replica looks again: once, however often it was put off.

Two alarms for each one that rings would fill a city in seconds, while a lock is held that keeps its replica from work.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.city.world import World


class Alarm:
    """Calls `wake` at the earliest of the times that it was set for, and forgets the others."""

    def __init__(self, world: "World", wake: Callable[[], None]) -> None:
        self._world = world
        self._wake = wake
        self._at: int | None = None

    def ring_after(self, milliseconds: int) -> None:
        """Ring in so many milliseconds, or earlier where it is set already."""
        at = self._world.now + milliseconds
        if self._at is None or at < self._at:
            self._at = at
            self._world.after(milliseconds, self._ring, at)

    def _ring(self, at: int) -> None:
        if self._at == at:
            self._at = None
            self._wake()
