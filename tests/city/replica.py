"""One replica of a service: the real processor, and the work of `Loop` around it, in a greenlet that may be stopped."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from greenlet import greenlet
from pymongo.errors import PyMongoError

from shared.engine.amqp.broker import BROKER_ERRORS, Delivery
from shared.engine.amqp.decoding import Received
from shared.engine.decide.fence import LeaseLostError
from shared.engine.decide.handlers import Handler
from shared.engine.run.service import ServiceSpec
from shared.engine.run.suspects import Suspects
from shared.engine.store.durability import SETTLED
from shared.engine.store.errors import StoreUnreachableError
from shared.runtime.clock import MachineTime
from tests.city.alarm import Alarm
from tests.city.broker import Parcel, Publisher, delivery_of
from tests.city.commits import Commits
from tests.city.log import build_catch_up
from tests.city.mongo import Database
from tests.city.process import WALL_SKEW, SkewedClock, build_processor, stumble
from tests.city.reader import CityReader
from tests.city.standby import Standby

if TYPE_CHECKING:
    from tests.city.world import Service, World

BACK_OFF_MS: Final = 300
READ_MS: Final = 200
"""How soon a replica looks again at a log that gives nothing."""
RESTART_MS: Final = 2_000
LIFETIME_MS: Final = 3_000
"""After so long MongoDB ends a transaction whose client is gone: `transactionLifetimeLimitSeconds` as we set it."""
NEVER_PARKED: Final = 1_000
"""Processes that a message may end alone: the adversary kills them, so no message is to blame however often it does."""


class Crash(BaseException):
    """The process dies here."""


class Replica:
    """A process of a service. `skew` is its clock's lead in milliseconds."""

    def __init__(self, world: "World", service: "Service", number: int, spec: ServiceSpec) -> None:
        self.world = world
        self.service = service
        self.number = number
        self.name = f"{service.name}-{number}"
        bound = world.adversary.trouble.skew
        self.skew = round((world.adversary.share(f"skew {self.name}") * 2 - 1) * bound) if bound else 0
        self._wall_skew = WALL_SKEW if world.adversary.draw(f"wall {self.name}") % 2 else -WALL_SKEW
        self.batch = ""
        self.dead = False
        self.held: list[Parcel] = []
        self.working = False
        self._spec = spec
        self._queues = [world.broker.queues[name] for name in spec.queues]
        self._tags = 0
        self._batches = 0
        self._steps = 0
        self.alarm = Alarm(world, self.wake)
        self._start()

    def _start(self) -> None:
        self.database = Database(self.service.memory, self.io, SETTLED)
        self.database.cut_off = lambda: self.dead
        self.database.settle = Commits(self).settle
        self._clock = SkewedClock(lambda: self.world.time(self.skew), self._monotonic, self._wall_skew)
        self.processor = build_processor(self._spec, self.database, self._clock, self._pause)
        self.processor.publisher = Publisher(self)  # type: ignore[assignment]
        self.processor._reader = CityReader(self.database, self.service.known)
        self._find_handler = self.processor._find_handler
        self.processor._find_handler = self._find_or_stumble  # type: ignore[method-assign]
        limit = self.world.adversary.trouble.batch
        self.suspects = Suspects(self.processor, self.database, self._clock, limit, NEVER_PARKED)  # type: ignore[arg-type]
        self.standby = None if self._spec.fence is None else Standby(self, self._spec.fence)
        self.catch_up = build_catch_up(self) if self.world.adversary.trouble.holds else None
        self.dead = self.working = False
        self._greenlet = greenlet(self._run)

    def clock(self) -> datetime:
        """Return the time of the city as this replica knows it."""
        return self._clock.city()

    def _monotonic(self) -> float:
        return self.world.now / 1000 + self.number * 1000

    # ---- serving -------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Take the waiting messages, unless there are none, or the replica is at work or dead."""
        if self.working or self.dead or self.world.now < self.service.away_until:
            return
        if self._waits():
            self.working = True
            self._greenlet.switch()

    def _run(self) -> None:
        while True:
            try:
                self._serve()
            except Crash:
                self._die()
                return
            except LeaseLostError:
                self.give_back()
                self._standby_again()
            except (*BROKER_ERRORS, PyMongoError):
                # As `Loop.run`: everything unacknowledged comes back, and the connection is made again.
                self.give_back()
                self.alarm.ring_after(BACK_OFF_MS)
            self.working = False
            self.service.plan_ahead()
            self.world.hub.switch()

    def _serve(self) -> None:
        if self._may_take() and self.catch_up is not None:
            self.catch_up.begin()
        while self._may_take():
            deliveries = self._take()
            self._handle(deliveries)
            fetching = self.catch_up is not None and self._fetch(len(deliveries))
            rows = self._fire() or self._retry_failed()
            self._sweep()
            # A message may have come during the sweep, when nobody could wake a replica at work.
            if not deliveries and not rows and not self._queued() and not fetching:
                return

    def _handle(self, deliveries: list[Any]) -> None:
        """Process the deliveries in the parts of `Suspects`, as `Loop` does; each part is acknowledged by itself."""
        names = {delivery.tag: parcel.name for delivery, parcel in zip(deliveries, self.held, strict=True)}
        for part in self.suspects.split(deliveries):
            self._begin(names[part[0].tag])
            self._process_until_stored(part, [])
            if not self._acknowledge(len(part)):
                return

    def _may_take(self) -> bool:
        if self.standby is None or self.standby.may_take():
            return True
        if self.catch_up is not None:
            self.catch_up.end()
        return False

    def _fetch(self, received: int) -> bool:
        """Apply events that the queue may have dropped, as `Loop` does; return whether more may come."""
        assert self.catch_up is not None, "called in a city whose queues are bounded"
        missed = self.catch_up.step(self._apply_missed, received)
        if self.catch_up.reading and not missed:
            self.sleep(READ_MS)
        return self.catch_up.reading

    def _apply_missed(self, missed: Sequence[Delivery]) -> None:
        self._begin(f"log {missed[0].properties['message_id']}")
        for part in self.suspects.split(missed):
            self._process_until_stored(part, [])

    def _standby_again(self) -> None:
        assert self.standby is not None, "only a replica with a lease loses it"
        self.standby.lose()
        self.alarm.ring_after(BACK_OFF_MS)

    def _queued(self) -> bool:
        return any(self._queues)

    def _is_due(self) -> bool:
        due = self.service.timers.earliest_due()
        return due is not None and due <= self.clock()

    def _waits(self) -> bool:
        return bool(self._queued() or self._is_due() or self._has_failed() or self.service.unfinished)

    def _has_failed(self) -> bool:
        due = self.service.letters.earliest_due()
        return due is not None and due <= self.clock()

    def _retry_failed(self) -> list[Any]:
        letters = self.processor.letters.claim_due(MachineTime(self.clock())) if self._has_failed() else []
        if letters:
            self._begin(str(letters[0].claim and letters[0].claim.id))
            for part in self.suspects.split(letters):
                self._process_until_stored(part, [])
        return letters

    def _take(self) -> list[Any]:
        limit, taken = self.world.adversary.trouble.batch, list[Parcel]()
        while len(taken) < limit and any(self._queues):
            for queue in self._queues:
                if queue:
                    taken.append(queue.popleft())
        self.held = taken
        self._tags += len(taken)
        return [delivery_of(parcel, self._tags + nth) for nth, parcel in enumerate(taken)]

    def _fire(self) -> list[Any]:
        """Process the timers that are due in a batch of their own, as `Loop` does; return them."""
        if not self._is_due():
            return []
        rows = self.processor.timers.take_due(self.clock(), self.world.adversary.trouble.batch)  # type: ignore[arg-type]
        if rows:
            self._begin(f"{rows[0]['_id']}@{rows[0]['due']:%j%H%M%S}")
            for part in self.suspects.split_timers(rows):
                self._process_until_stored([], part)
        return rows

    def _begin(self, first: str) -> None:
        self._batches += 1
        self._steps = 0
        self.batch = f"{self.name}/{first}"

    def _process_until_stored(self, deliveries: Sequence[Any], rows: Sequence[Any]) -> None:
        while True:
            try:
                self.suspects.process(self.processor.process, deliveries, rows)
            except (StoreUnreachableError, PyMongoError):
                self.sleep(BACK_OFF_MS)
                rows = []
            else:
                return

    def _acknowledge(self, count: int) -> bool:
        """Acknowledge the first deliveries in hand; return False where that is lost, and all come back."""
        self.io("ack")
        adversary = self.world.adversary
        if adversary.strikes("lost ack", self.batch, adversary.trouble.lost_ack):
            self.give_back()
            return False
        self.world.broker.acknowledge(self.held[:count])
        del self.held[:count]
        return True

    def _sweep(self) -> None:
        if not self.service.outbox.by_id:
            return
        processor = self.processor
        processor.outbox.delete_published()
        processor.outbox.sweep(processor.publisher)  # type: ignore[arg-type]

    def give_back(self) -> None:
        """Put the messages in hand back into the queues, as the end of a connection does."""
        if self.catch_up is not None:
            self.catch_up.end()
        self.world.broker.give_back(self.held)
        self.held = []

    # ---- trouble -------------------------------------------------------------------------------------------

    def io(self, call: str) -> None:
        """Pass a call to a server: the adversary may let others go first, or kill the process."""
        if self.dead:
            raise Crash
        adversary = self.world.adversary
        if adversary.calm or greenlet.getcurrent() is not self._greenlet:
            return
        self._steps += 1
        trouble = adversary.trouble
        place = f"{self.batch} {self._batches} {self._steps}"
        share = adversary.share(place)
        if share < trouble.crash:
            if adversary.allow(f"crash {place} {call}"):
                self.dead = True
                raise Crash
        elif share < trouble.crash + trouble.pause and adversary.allow(f"pause {place} {call}"):
            self.sleep(1 + adversary.draw(f"pause {place}") % 400)
        if self.standby is not None and adversary.strikes("suspend", place, trouble.suspend):
            self.standby.suspend(place)

    def sleep(self, milliseconds: int) -> None:
        """Let others go first for so long."""
        self.world.after(milliseconds, self._greenlet.switch)
        self.world.hub.switch()

    def _pause(self, seconds: float) -> None:
        self.sleep(max(1, round(seconds * 1000)))

    def _die(self) -> None:
        memory = self.service.memory
        for pending in {id(p): p for p in memory.locks.values() if p.owner is self.database}.values():
            wait = 500 + self.world.adversary.draw(f"lifetime {self.batch}") % LIFETIME_MS
            self.world.after(wait, memory.end, pending)
        self.give_back()
        self.world.after(RESTART_MS, self._restart)
        self.service.wake_others(self)

    def _restart(self) -> None:
        self._start()
        self.wake()

    def _find_or_stumble(self, received: Received) -> Handler | None:
        found = self._find_handler(received)
        message, adversary = received.message, self.world.adversary
        if message.realm == "command":
            return stumble if message.key.removeprefix("command:") in self.world.people.doomed else found
        if found is None or not adversary.trouble.stumble:
            return found
        return stumble if adversary.strikes("stumble", message.key, adversary.trouble.stumble) else found
