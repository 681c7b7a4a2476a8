"""Messages that may have ended a process: delivered again, they are handled in small parts, at last alone.

Every message that a dying process had in hand comes again, so one that comes again is suspect and most are innocent. An
eighth of the batch is handled first, or an eighth of that where they came again before, or one alone, after a row that
says so; each part that goes well makes the next one twice as large. So the one to blame is nearer to the front
after each death, until it is alone. The row stays only where the process dies: a message that ended DEATHS processes
alone is parked, unopened. A timer that a dying process had leased is handled alone in the same way. Messages come again
also after a store or a broker was away; that leaves no row.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from pymongo.database import Database

from shared.contracts.refusals import Refused
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import read_area
from shared.engine.amqp.letter_content import read_content
from shared.engine.amqp.topology import commands_queue
from shared.engine.decide.schema import Document
from shared.engine.run import answers
from shared.engine.run.batch import Batch, GivenUp
from shared.engine.run.processor import Processor
from shared.engine.store import letters
from shared.engine.store.collections import STARTED
from shared.engine.store.commit import Answer
from shared.engine.store.durability import DURABLE
from shared.engine.store.letters import Head
from shared.runtime.clock import Clock
from shared.runtime.logging import get_logger
from shared.runtime.metrics import UNKNOWN

DEATHS: Final = 3
"""Processes that a message may end alone before it is parked."""
PART_BITS: Final = 3
"""Each further delivery divides the first part by so many powers of two: by eight."""
MOST_BITS: Final = 32
DELIVERY_COUNT: Final = "x-delivery-count"
"""Header of a quorum queue: how often the message was handed out before."""
MOST_BEGUN: Final = 10_000
_CODE: Final = "process_died"

ProcessBatch = Callable[[Sequence[Delivery], Sequence[Document]], None]


def part_size(delivery: Delivery, limit: int) -> int:
    """Return the number of messages that may be handled in the first part with this one; 1: alone."""
    if not delivery.redelivered:
        return limit
    if delivery.claim is not None:
        return 1  # a stored message that was claimed and not concluded
    count = delivery.headers.get(DELIVERY_COUNT)
    before = count if isinstance(count, int) and count > 0 else 1
    return max(1, limit >> min(PART_BITS * before, MOST_BITS))


class Suspects:
    """The suspect messages of one service. `limit` is the most messages of a batch.

    `deaths` is how many processes one may end alone.
    """

    def __init__(
        self, processor: Processor, database: Database[Document], clock: Clock, limit: int, deaths: int = DEATHS
    ) -> None:
        self._processor = processor
        self._database = database
        self._rows = database.get_collection(STARTED, write_concern=DURABLE)
        self._clock = clock
        self._limit = limit
        self._deaths = deaths
        self._commands_queue = commands_queue(processor.spec.name)
        self._grown = 0
        """Powers of two by which parts have grown since messages began to come again."""
        self._begun: set[str] = set()
        """The messages that this process has begun alone and not finished: it lives, so they have not ended it."""

    def split(self, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
        """Yield the deliveries in parts that are handled together, in order: the next after the last has gone well.

        Those that come for the first time are one part.
        """
        if not deliveries:
            return
        if not any(delivery.redelivered for delivery in deliveries):
            self._grown = 0  # the next that come again have ended another process
            yield deliveries
            return
        start = 0
        while start < len(deliveries):
            end, first = start + 1, deliveries[start]
            while end < len(deliveries) and self._fits(deliveries[end], first, end - start):
                end += 1
            yield deliveries[start:end]
            start = end

    def process(self, process: ProcessBatch, part: Sequence[Delivery], rows: Sequence[Document] = ()) -> None:
        """Process a part of messages or of timers; one alone after a row says so, or park it.

        Raises as `process`, and PyMongoError.
        """
        if rows:
            self._process_timers(process, rows)
        elif len(part) == 1 and self._size(part[0]) == 1:
            self._process_alone(process, part[0])
        else:
            process(part, [])
        if part and part[0].redelivered:
            self._grown = min(self._grown + 1, MOST_BITS)

    def split_timers(self, rows: Sequence[Document]) -> Iterator[Sequence[Document]]:
        """Yield due timers in parts: those that another replica let lapse each alone, and first the others together."""
        left = [row for row in rows if self._processor.timers.was_left(row)]
        if fresh := [row for row in rows if row not in left]:
            yield fresh
        for row in left:
            yield [row]

    def _process_timers(self, process: ProcessBatch, rows: Sequence[Document]) -> None:
        row = rows[0]
        if len(rows) > 1 or not self._processor.timers.was_left(row):
            process([], rows)
            return
        name = f"{self._processor.spec.name}/timer:{row['_id']}:{row['due'].isoformat()}"
        self._attempt(name, lambda: process([], rows), lambda: self._park_timer(row))

    def _fits(self, delivery: Delivery, first: Delivery, others: int) -> bool:
        return delivery.redelivered == first.redelivered and others < min(self._size(delivery), self._size(first))

    def _size(self, delivery: Delivery) -> int:
        return min(self._limit, part_size(delivery, self._limit) << self._grown)

    def _process_alone(self, process: ProcessBatch, delivery: Delivery) -> None:
        row = f"{delivery.queue}/{_name(delivery)}"
        self._attempt(row, lambda: process([delivery], []), lambda: self._park(delivery))

    def _attempt(self, row: str, process: Callable[[], None], park: Callable[[], None]) -> None:
        if row in self._begun or self._begin(row):
            process()
        else:
            park()
        self._rows.delete_one({"_id": row})
        self._begun.discard(row)  # only now: while the store is away the message is tried again, and has ended nothing

    def _begin(self, row: str) -> bool:
        """Store that the message is to be handled alone; return False where it has ended DEATHS processes that way."""
        known = self._rows.find_one({"_id": row})
        starts = 0 if known is None else known["starts"]
        if starts >= self._deaths:
            return False
        self._rows.update_one({"_id": row}, {"$set": {"starts": starts + 1, "at": self._clock.machine()}}, upsert=True)
        if len(self._begun) >= MOST_BEGUN:
            self._begun.clear()
        self._begun.add(row)
        return True

    def _park_timer(self, row: Document) -> None:
        entry = letters.to_entry(self._clock.machine(), _CODE, _describe_deaths())
        self._processor.bury_timer(row, entry)

    def _park(self, delivery: Delivery) -> None:
        now = self._clock.machine()
        entry = letters.to_entry(now, _CODE, _describe_deaths())
        get_logger().error("dead_letter", queue=delivery.queue, reason=entry["error"], letter=_name(delivery))
        batch = Batch()
        if delivery.claim is not None:
            self._processor.keep(batch, [letters.give_up(delivery.claim, now, entry)])
        else:
            head = self._head(delivery)
            letter = letters.to_letter(head, read_content(delivery), self._processor.spec.vault, [entry], DEATHS)
            statement = letters.insert_dead(letter, now)
            if head.kind == "command":
                batch.given_up.append(GivenUp(delivery, _close(head, delivery), statement))
            self._processor.keep(batch, [] if head.kind == "command" else [statement])
        self._processor.metrics.dead_letters.inc()
        self._processor.metrics.count(UNKNOWN, "dead_lettered")

    def _head(self, delivery: Delivery) -> Head:
        name, kind = _name(delivery), str(delivery.properties.get("type") or "")
        if delivery.queue == self._commands_queue:
            return Head(delivery.queue, "command", f"command:{name}", name, kind)
        return Head(delivery.queue, "event", name, name, kind)


def _close(head: Head, delivery: Delivery) -> Answer:
    """Return the final answer of a command that was never opened: for any body under its key."""
    refusal = Refused("failed", "process_ended", deaths=DEATHS, letter=head.id)
    letter = letters.letter_id(head.queue, head.key)
    return Answer(head.key, "", answers.refusal_body(refusal), read_area(delivery), letter)


def _describe_deaths() -> str:
    return f"{DEATHS} processes have ended while they handled it alone"


def _name(delivery: Delivery) -> str:
    """Return the name of a message that is not opened: its message_id, or else the hash of its body."""
    if delivery.claim is not None:
        return delivery.claim.id
    found = delivery.properties.get("message_id")
    text = str(found).encode(errors="replace").decode() if found else ""
    return text or sha256(delivery.body).hexdigest()
