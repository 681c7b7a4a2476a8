"""The world of one city: one clock, one heap of coming events, the services, and the people who send commands."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from random import seed as seed_random
from typing import Any, ClassVar, Final
from zlib import crc32

from greenlet import getcurrent

from shared.engine.store.collections import LOG_POSITIONS
from tests.city.adversary import Adversary
from tests.city.broker import Broker
from tests.city.callers import EndlessError, People
from tests.city.reader import Known
from tests.city.replica import Replica
from tests.city.retiring import Retiring
from tests.city.services import DECLARATIONS, Sealer, indexes_of, spec_of
from tests.city.standby import Sequence
from tests.city.store import Change, Document, Memory
from tests.city.views import Views, stored

START: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Nine o'clock on a Monday in China: a city begins its day."""
MOST_STEPS: Final = 400_000
"""Steps of one city; more are a loop without end."""
TIMER_KEY: Final = re.compile(r"timer:.*:(\d{4}-\d\d-\d\dT.*)")
"""The key of a timer as a message, with the instant at which it was due."""
SWEEP_MS: Final = 2_100
"""When a row of an outbox counts as left: `outbox.CRASHED_AFTER` and a little more."""


class Service:
    """One service: its store, its replicas, and the instants at which its timers and its outbox are looked at."""

    def __init__(self, world: "World", name: str) -> None:
        self.name = name
        self.world = world
        self.memory = Memory(name, indexes_of(name))
        self.memory.now = world.time
        self.memory.listeners.append(self._note)
        self.memory.undone.append(self._forget)
        self.timers, self.outbox = self.memory.collection("timers"), self.memory.collection("outbox")
        self.letters = self.memory.collection("letters")
        self.known: Known = {}
        self.committed: dict[str, tuple[str, int]] = {}
        """The key of every event in a committed row of the outbox, with its routing key and the hash of its body."""
        self.handled: dict[str, int] = {}
        """The key of every message whose effects are committed, with the number of commits."""
        self.early: list[str] = []
        """The keys of timers that fired before they were due."""
        self.away_until = 0
        self._next_look: int | None = None
        replicas = world.adversary.trouble.replicas
        self.replicas = [Replica(world, self, n, spec_of(name, n, replicas)) for n in range(replicas)]

    @property
    def unfinished(self) -> bool:
        """Whether a replica has work that no message brings: events to publish, or to fetch."""
        positions = self.memory.collection(LOG_POSITIONS).by_id.values()
        return bool(self.outbox.by_id) or any(row["missing"] for row in positions)

    def wake(self) -> None:
        """Let every idle replica look for work; the adversary says which of them is first."""
        replicas = self.replicas
        if len(replicas) > 1 and self.world.steps % 2:
            replicas = replicas[::-1]
        for replica in replicas:
            replica.wake()

    def wake_others(self, dead: Replica) -> None:
        """Let the other replicas take the messages that a dead one has left."""
        for replica in self.replicas:
            if replica is not dead:
                self.world.after(1, replica.wake)

    def plan_ahead(self) -> None:
        """Look again when the next timer is due, or a row of the outbox counts as left."""
        wanted = []
        now = self.world.now
        for due in (self.timers.earliest_due(), self.letters.earliest_due()):
            if due is not None:
                at = max(millis(due) - max(r.skew for r in self.replicas), now + 1)
                # A clock that lags, or a timer that another replica holds.
                wanted.append(now + 250 if at <= now + 1 else at)
        if self.unfinished:
            wanted.append(now + SWEEP_MS)
        if not wanted:
            return
        at = min(wanted)
        if self._next_look is None or at < self._next_look or self._next_look <= now:
            self._next_look = at
            self.world.after(at - now, self._look, at)

    def fail_over(self) -> None:
        """Take back the writes that no majority has; timers and rows of the outbox may be there again."""
        self.memory.fail_over()
        self.plan_ahead()

    def _look(self, at: int) -> None:
        if self._next_look == at:
            self._next_look = None
            self.wake()
            self.plan_ahead()

    def _note(self, changes: list[Change]) -> None:
        for change in changes:
            if change.collection == "outbox" and change.before is None and change.after is not None:
                self.committed.update((row["i"], (row["k"], crc32(row["b"]))) for row in change.after["messages"])
            elif change.collection == "inbox" and change.after is not None:
                for key in change.after["keys"]:
                    self.handled[key] = self.handled.get(key, 0) + 1
                    due = TIMER_KEY.fullmatch(key)
                    latest = self.world.now + self.world.adversary.trouble.skew
                    if due is not None and millis(datetime.fromisoformat(due[1])) > latest:
                        self.early.append(key)

    def _forget(self, changes: list[Change]) -> None:
        for change in changes:
            if change.before is None and change.after is not None:
                for row in change.after["messages"] if change.collection == "outbox" else ():
                    self.committed.pop(row["i"], None)
                for key in change.after["keys"] if change.collection == "inbox" else ():
                    self.handled[key] -= 1
                    if not self.handled[key]:
                        del self.handled[key]


class World:
    """One city. `now` counts milliseconds since START."""

    most_steps: ClassVar[int] = MOST_STEPS

    def __init__(self, seed: int, adversary: Adversary) -> None:
        Sealer.make_room()
        seed_random(seed)  # the processor draws the lengths of its pauses
        self.seed = seed
        self.now = 0
        self.steps = 0
        self.hub = getcurrent()
        self.adversary = adversary
        self._heap: list[tuple[int, int, Callable[..., object], tuple[object, ...]]] = []
        self._count = 0
        self._looks = 0
        self.broker = Broker(self)
        self.people = People(self)
        self.services = {name: Service(self, name) for name in DECLARATIONS}
        self.views = Views(self)
        self.sequence = Sequence(self)
        self.retiring = Retiring(self)
        self.sums: dict[str, int] = {}
        """The hours and gifts of each person at the last rest, for the laws."""

    def rows(self, service: str, name: str) -> dict[Any, Document]:
        """Return the documents of a service's collection by id."""
        return self.services[service].memory.collection(stored(service, name)).by_id

    def time(self, skew: int = 0) -> datetime:
        """Return the instant on a clock that is `skew` milliseconds ahead."""
        return instant(self.now + skew)

    def service_of(self, queue: str) -> Service:
        """Return the service that consumes the queue."""
        return self.services[queue.partition(".")[0]]

    def after(self, milliseconds: int, act: Callable[..., object], *given: object) -> None:
        """Have something happen later."""
        self._count += 1
        heappush(self._heap, (self.now + milliseconds, self._count, act, given))

    def step(self) -> bool:
        """Let the next thing happen; return False where nothing is left."""
        if not self._heap:
            return False
        self.steps += 1
        if self.steps > self.most_steps:
            raise EndlessError(f"no rest after {self.steps} steps: {self.unrest()}")
        at, _, act, given = heappop(self._heap)
        self.now = max(self.now, at)
        act(*given)
        return True

    def run(self, until: int) -> None:
        """Let everything happen that happens up to an instant, in milliseconds since START."""
        while self._heap and self._heap[0][0] <= until:
            self.step()
        self.now = max(self.now, until)

    def rest(self) -> None:
        """Go on until no message is on its way, no command unanswered, no event unpublished and no timer overdue."""
        started = self.now
        while self.unrest():
            if not self.step() or self.now > started + 3_600_000:
                raise EndlessError(f"no rest within an hour: {self.unrest()}")

    def unrest(self) -> str:
        """Return the things that keep the city from rest; empty at rest."""
        if self.broker.on_the_way or self.people.waiting:
            return f"{self.broker.on_the_way} messages on their way, {self.people.waiting} commands unanswered"
        if self.views.behind:
            return "the views are behind the feed"
        if self.retiring.working:
            return "a pass of the retention is under way"
        return next(filter(None, map(self._unrest_of, self.services.values())), "")

    def _unrest_of(self, service: Service) -> str:
        memory = service.memory
        if service.unfinished or memory.locks or memory.minority:
            return f"{service.name} has events to publish or to fetch"
        if any(replica.working or replica.dead for replica in service.replicas):
            return f"{service.name} is at work"
        due = service.timers.earliest_due()
        if service.letters.earliest_due() is not None or (due is not None and due <= self.time()):
            return f"a timer of {service.name} is due, or a message that failed waits"
        return ""


def millis(at: datetime) -> int:
    """Return an instant as milliseconds since START."""
    return round((at - START).total_seconds() * 1000)


@lru_cache(maxsize=256)
def instant(at: int) -> datetime:
    """Return milliseconds since START as an instant."""
    return START + timedelta(milliseconds=at)
