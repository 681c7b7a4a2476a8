"""Retention (保存期限): deletion by age, in bounded batches beside the running service, on record.

The ages are settings, the table of all is in docs/people.md. Each deletion is a row of the audit with the ids, and is
counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Final, Protocol

from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.contracts.access import SYSTEM
from shared.engine.decide.schema import Document
from shared.engine.store.audit_blocks import AUDIT_BLOCKS, DROPPED
from shared.engine.store.durability import DURABLE
from shared.runtime import audit
from shared.runtime.clock import Clock
from shared.runtime.logging import describe, get_logger
from shared.runtime.metrics import count_retired

PASS_SECONDS: Final = 3600.0
"""The pause between two passes."""
REST_SECONDS: Final = 0.05
"""The pause between two batches of one pass."""
BACKOFF_SECONDS: Final = 60.0
MAX_MILLIS: Final = 5_000
BATCH: Final = 200


class Rule(Protocol):
    """A category of data that is deleted by age."""

    @property
    def category(self) -> str:
        """Its name in metrics and audit."""

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Delete a batch of the things too old at `now` (UTC); return their ids, None where the pass is at its end."""


@dataclass(frozen=True)
class OldAudit:
    """The rows of the audit older than `days`: whole blocks from the oldest on, whose headers stay in the chain.

    Cybersecurity Law (网络安全法), art. 21: network logs are kept for six months at least.
    """

    days: int
    category: str = "audit"

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Delete the rows of one block, in one transaction with its list; their ids are not recorded again."""
        blocks = database[AUDIT_BLOCKS]
        oldest = blocks.find_one({DROPPED: None}, sort=[("_id", 1)], max_time_ms=MAX_MILLIS)
        if oldest is None or oldest["at"] >= now - timedelta(days=self.days):
            return None
        deletes = [{"q": {"_id": row}, "limit": 1} for row in oldest["ids"]]
        change = {"$set": {DROPPED: now}, "$unset": {"ids": "", "leaves": ""}}
        with database.client.start_session() as session:
            session.start_transaction(write_concern=DURABLE)
            database.command({"delete": audit.AUDIT, "deletes": deletes}, session=session)
            database.command(
                {"update": AUDIT_BLOCKS, "updates": [{"q": {"_id": oldest["_id"]}, "u": change}]}, session=session
            )
            session.commit_transaction()
        count_retired(self.category, len(deletes))
        return ()


class Retention:
    """Deletes by the rules, an hour after an hour, and rests `rest_seconds` after each batch.

    Several replicas delete the same things once.
    """

    name = "retention"

    def __init__(
        self, database: Database[Document], clock: Clock, rules: Sequence[Rule], rest_seconds: float = REST_SECONDS
    ) -> None:
        self._rest_seconds = rest_seconds
        self._database = database
        self._clock = clock
        self._rules = rules
        self._woken = Event()
        self._stopping = False

    def run(self) -> None:
        """Delete until stopped."""
        while not self._stopping:
            try:
                self.run_pass()
                self._woken.wait(PASS_SECONDS)
            except PyMongoError as error:
                get_logger().warning("retention_waits", error=describe(error))
                self._woken.wait(BACKOFF_SECONDS)

    def stop(self) -> None:
        """Have `run` return after the batch at hand."""
        self._stopping = True
        self._woken.set()

    def wake(self) -> None:
        """Do nothing: nothing becomes old by a batch."""

    def fault(self) -> str | None:
        """Return None: the service is ready without."""
        return None

    def run_pass(self) -> None:
        """Delete all that is too old now, batch by batch. Raises PyMongoError."""
        for rule in self._rules:
            while not self._stopping and (ids := rule.delete_batch(self._database, self._clock.city())) is not None:
                if ids:
                    count_retired(rule.category, len(ids))
                    now = self._clock.city()
                    audit.record(self._database, "retention", ids, actor=SYSTEM, why=rule.category, now=now)
                self._woken.wait(self._rest_seconds)


MakeRetention = Callable[[Database[Document], Clock], Retention]


def retention_by(*rules: Rule) -> MakeRetention:
    """Return the maker of the companion that deletes by these rules."""
    return lambda database, clock: Retention(database, clock, rules)
