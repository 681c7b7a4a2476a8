"""New things whose callers were answered before a view showed them: their next requests for these wait instead."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

from services.gateway.reading.read_your_writes import Awaited, ReadYourWrites
from shared.contracts.access import Actor
from shared.engine import Entity

SECONDS: Final = 5.0
"""How long a new thing is kept in mind: views that are further behind are late for other reasons."""
MOST: Final = 10_000


@dataclass(slots=True)
class NewThings:
    """The things that were registered through this replica; those of another one are not known here."""

    own_writes: ReadYourWrites
    clock: Callable[[], float] = monotonic
    _known: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    """By principal and id the version, and when it is forgotten; the oldest first."""

    def note(self, caller: Actor, thing_id: str, version: int) -> None:
        """Keep in mind that the caller has not waited for that thing, for 5 s and among at most 10,000."""
        now = self.clock()
        while self._known:
            oldest = next(iter(self._known))
            if self._known[oldest][1] > now and len(self._known) < MOST:
                break
            del self._known[oldest]
        key = (caller.principal, thing_id)
        self._known.pop(key, None)  # to the end of the order
        self._known[key] = version, now + SECONDS

    async def wait_for(self, model: type[Entity], thing_id: str, caller: Actor) -> bool:
        """Wait for the view of a thing that the caller has just registered; return whether it is shown.

        False at once for any other thing: nobody learns from the time that it takes of the things of others. One
        request waits at a time, so that there are never more waits than new things.
        """
        key = (caller.principal, thing_id)
        version, until = self._known.pop(key, (0, 0.0))
        if until <= self.clock():
            return False
        awaited: Awaited[Any] = Awaited(model, thing_id, version)
        shown = False
        try:
            shown = thing_id in await self.own_writes.wait_for([awaited], probing=False)
        finally:
            if not shown:
                self._known.setdefault(key, (version, until))
        return shown
