"""The chaining of the audit: a companion that lists the rows of the audit in blocks, beside the loop of the service.

Writing never waits for it: rows are stored as ever, and a block is made of those that are some minutes old. One replica
at a time works, by a lease; where two do for a moment, the number of a block keeps one of their blocks.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from shared.blocks import Block, Entry, Header, build_block
from shared.engine.decide.fence import Fence
from shared.engine.decide.schema import Document
from shared.engine.store.audit_blocks import AUDIT_BLOCKS, MOST_ROWS, AuditBlocks, BrokenBlockError
from shared.engine.store.lease import Lease
from shared.runtime.audit import time_of
from shared.runtime.clock import CityTime, Clock
from shared.runtime.logging import describe, get_logger

MARGIN: Final = timedelta(minutes=2)
"""The age from which on a row is listed: by then rows of its time have arrived. Owners date by the store's own clock; a
transaction lives for 3 seconds, and 60 where MongoDB is not set so; a single write is tried twice, for 20 seconds each;
the clock of a gateway's or an operator's host may be 5 seconds off before an alert. A row that comes later is listed
all the same, as a late one.
"""
FILL: Final = timedelta(minutes=5)
"""How long a row waits until its block is full; then a smaller one is made, so that a quiet service has few blocks."""
ROUND_SECONDS: Final = 15.0
LOOKED_AT: Final = 20
"""Blocks, of the newest and of all in turn, that each round compares with the store for rows that came late."""
_LONG_AGO: Final = CityTime(datetime(1970, 1, 1, tzinfo=UTC))
MOST_BLOCKS: Final = 50
"""Blocks that one round makes: a store of a former release is worked off over many rounds."""


class AuditChaining:
    """Makes the blocks of one service's audit; a store that is away only makes it wait."""

    name = AUDIT_BLOCKS

    def __init__(self, service: str, database: Database[Document], clock: Clock) -> None:
        self._blocks = AuditBlocks(database, service)
        self._lease = Lease(database, AUDIT_BLOCKS, Fence())
        self._clock = clock
        self._stopping = Event()
        self._next_look = 1
        self._waits = False

    def run(self) -> None:
        """Make blocks until stopped."""
        while not self._stopping.wait(ROUND_SECONDS):
            try:
                self.step()
                self._waits = False
            except (PyMongoError, BrokenBlockError) as error:
                # Once for each outage: the loop reports it as well, and the age of the oldest row is a metric.
                if not self._waits:
                    get_logger().warning("audit_blocks_wait", error=describe(error))
                self._waits = True
        with suppress(PyMongoError):  # then the lease ends by itself
            self._lease.leave()

    def stop(self) -> None:
        """Have `run` return after the block at hand."""
        self._stopping.set()

    def wake(self) -> None:
        """Do nothing: rows are listed some minutes after they were written."""

    def fault(self) -> str | None:
        """Return None: a service whose audit is not chained for a while serves all the same, and an alert fires."""
        return None

    def step(self) -> int:
        """Make the blocks that are due, if no other replica does; return their number.

        Raises PyMongoError, and BrokenBlockError where somebody has made the last block unreadable: nothing follows it.
        """
        made = 0
        while made < MOST_BLOCKS and not self._stopping.is_set() and self._lease.refresh():
            head = self._blocks.find_head()
            entries = self._find_due(head, with_late=made == 0)
            if not entries or not self._append(build_block(self._blocks.chain, head, entries, self._clock.machine())):
                break
            made += 1
        return made

    def _find_due(self, head: Header | None, *, with_late: bool) -> list[Entry]:
        now = self._clock.city()
        ripe = self._blocks.find_ripe(head, now - MARGIN)
        late = self._find_late(head) if with_late and head is not None else []
        waited = bool(ripe) and now - (time_of(ripe[0].id) or _LONG_AGO) >= MARGIN + FILL
        return [*late, *ripe] if late or waited or len(ripe) == MOST_ROWS else []

    def _find_late(self, head: Header) -> list[Entry]:
        """Return the late rows beneath the newest blocks, and beneath the next ones of all in turn."""
        newest = range(max(1, head.number - LOOKED_AT + 1), head.number + 1)
        found = {entry.id: entry for entry in self._blocks.find_late(newest)}
        if newest.start > 1:
            first = self._next_look if self._next_look < newest.start else 1
            beyond = range(first, min(first + LOOKED_AT, newest.start))
            found |= {entry.id: entry for entry in self._blocks.find_late(beyond)}
            self._next_look = beyond.stop
        return list(found.values())

    def _append(self, block: Block) -> bool:
        try:
            self._blocks.append(block)
        except DuplicateKeyError:
            return False  # another replica was first: it holds the lease by now
        head = block.header
        # The log leaves the host: from it a chain that was cut at its end, or made again, is found.
        get_logger().info("audit_block", chain=head.chain, block=head.number, rows=head.count, hash=head.hash)
        if head.late:
            ids = [entry.id for entry in (block.entries or ())[: head.late]]
            get_logger().warning("audit_rows_late", chain=head.chain, block=head.number, rows=head.late, first=ids[0])
        return True
