"""One replica's part in the lease of its service, as `Loop` plays it: one takes messages, the others stand by.

The real lease and the real fence, by the clock of the store. A replica renews only while it has work: a city of
fourteen hours would else consist of renewals. So the lease lapses in every quiet hour, and the first replica takes
over.
"""

from typing import TYPE_CHECKING, Final

from pydantic_core import from_json

from services.gateway.projection.feed import FeedHead, FeedItem
from shared.engine.decide.fence import Fence
from shared.engine.run.loop import CONSUMER, SWEEP_SECONDS
from shared.engine.store.lease import LEASE_SECONDS, Lease
from tests.city.store import Change

if TYPE_CHECKING:
    from tests.city.replica import Replica
    from tests.city.world import World

RENEWED_MS: Final = round(SWEEP_SECONDS * 1000)
SILENT_MS: Final = 8_000
"""After so long without a heartbeat the broker gives a consumer's messages to others."""


def _key(event: str) -> str:
    read = from_json(event)
    return f"{read['source']}#{read['id']}"


class Standby:
    """The lease of one replica, from the start of its process to its end."""

    def __init__(self, replica: "Replica", fence: Fence) -> None:
        self._replica, self._fence = replica, fence
        fence.number = 0
        self._lease = Lease(replica.database, CONSUMER, fence)  # type: ignore[arg-type]
        self._lease.holder = f"{replica.name} since {replica.world.now}"
        self._renewed = -RENEWED_MS

    def may_take(self) -> bool:
        """Return whether the replica holds the lease; one that does not looks again in a second."""
        world = self._replica.world
        if world.now >= self._renewed + RENEWED_MS:
            self._renewed = world.now
            self._lease.refresh()
        if not self._lease.held:
            self._replica.alarm.ring_after(RENEWED_MS)
        return self._lease.held

    def lose(self) -> None:
        """Take notice that another has taken over: ask the store before anything else."""
        self._renewed = -RENEWED_MS

    def suspend(self, place: str) -> None:
        """Stand still for longer than the lease lasts, with messages in hand and a commit perhaps still to come."""
        replica = self._replica
        replica.world.after(SILENT_MS, self._go_silent, replica.held)
        replica.sleep(LEASE_SECONDS * 1000 + replica.world.adversary.draw(f"suspend {place}") % 15_000)

    def _go_silent(self, held: list[object]) -> None:
        if held and held is self._replica.held:
            self._replica.give_back()


class Sequence:
    """The order in which the feed is written: the breaches of the order that the lease is to guarantee."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._arrived: dict[str, None] = {}
        self._wrong: list[str] = []
        world.services["gateway"].memory.listeners.append(self._note)

    def arrive(self, key: str) -> None:
        """Note that an event has reached the sequencers' queue."""
        self._arrived.setdefault(key)

    def breaches(self) -> list[str]:
        """Return in words where a sequencer wrote that was replaced, or events changed their places."""
        if not self._world.adversary.calm:  # else an event that comes again takes a later place
            return self._wrong
        rows = self._world.rows("gateway", FeedItem.collection).values()
        written = [_key(row["event"]) for row in sorted(rows, key=lambda row: row["cursor"])]
        pairs = zip(written, self._arrived, strict=False)  # the last may still be on their way into the feed
        turned = [f"{one} stands before {other}" for one, other in pairs if one != other]
        return [*self._wrong, *turned[:1]]

    def _note(self, changes: list[Change]) -> None:
        for change in changes:
            if change.collection == FeedHead.collection and change.before is not None and change.after is not None:
                earlier, lease = change.before["lease"], change.after["lease"]
                if lease < earlier:
                    last = change.after["last"]
                    self._wrong.append(f"the sequencer of lease {lease} wrote up to {last} after that of {earlier}")
