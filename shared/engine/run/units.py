"""Units of work of a plain worker process: decided together, committed as one transaction, then published."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from random import random
from time import monotonic, sleep
from typing import Final, TypeVar

from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, Publisher, close_quietly, connect
from shared.engine.amqp.frames import Connection
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.handlers import Handler
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.limits import Conflict
from shared.engine.decide.schema import Document
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.outbox import Outbox, to_rows
from shared.engine.store.reader import Reader
from shared.runtime.clock import Clock
from shared.runtime.failpoints import failpoint
from shared.runtime.logging import describe, get_logger, where

CONFLICT_TRIES: Final = 8
LONGEST_PAUSE: Final = 0.2
"""Seconds between two tries after a conflict with the service or another worker."""
KEPT_SECONDS: Final = 4.0
"""How long a connection to the broker is used again: half the heartbeat timeout."""
R = TypeVar("R")
Step = tuple[str, object, Handler]
"""The key of a unit of work, its data, and the handler that decides it."""


class Units:
    """Commits units of work of one thread. `name` is that of its connections to the broker.

    Each commit with events has a connection of its own, because most are rare, and an idle one would need heartbeats.
    With `kept` the next commit within KEPT_SECONDS uses it again, until `release`. With `beside`, an executor of one
    thread, the events of a commit are published while the caller goes on: those of one commit at most, and in order.
    """

    def __init__(
        self, database: Database[Document], amqp_uri: str, clock: Clock, name: str,
        *, kept: bool = False, beside: Executor | None = None,
    ) -> None:  # fmt: skip
        self._kept, self._beside = kept, beside
        self._publishing: Future[None] | None = None
        self._database, self._amqp_uri, self._clock, self._name = database, amqp_uri, clock, name
        self._outbox = Outbox(database)
        self._connection: Connection | None = None
        self._publisher: Publisher | None = None
        self._published = 0.0

    def run(self, steps: Sequence[Step], audit: Sequence[Document] = ()) -> frozenset[str]:
        """Decide and commit the steps together, with these rows of the audit; return the keys of those that failed.

        A step that fails is logged and leaves no trace in the others. Raises PyMongoError, StoreUnreachableError, or
        Conflict after CONFLICT_TRIES.
        """

        def decide_steps() -> tuple[frozenset[str], list[Transaction]]:
            decisions = self.decide(steps)
            failed = frozenset(outcome.message.key for outcome in decisions.outcomes if outcome.failure is not None)
            return failed, [self.transaction(decisions, audit)]

        return self.commit(decide_steps)

    def commit(self, decide_all: Callable[[], tuple[R, Sequence[Transaction]]]) -> R:
        """Commit all that `decide_all` decides as one transaction; return its result.

        After a conflict with another process it decides again. Raises PyMongoError, StoreUnreachableError, or Conflict
        after CONFLICT_TRIES.
        """
        for left in reversed(range(CONFLICT_TRIES)):
            result, transactions = decide_all()
            wanted = [one for one in transactions if _writes(one)]
            try:
                if wanted:
                    failpoint("before_commit")
                    commit(self._database, *wanted)
                    failpoint("after_commit")
            except Conflict:
                if not left:
                    raise
                sleep(random() * LONGEST_PAUSE)
            else:
                self._announce(wanted)
                return result
        raise AssertionError("the last try returns or raises")

    def decide(self, steps: Sequence[Step]) -> Decisions:
        """Decide the steps together; one that fails is logged, and its outcome has the failure."""
        now = self._clock.city()
        batch = [
            (Incoming("timer", key, key, type(data).__name__, data, now, key, ""), handler)
            for key, data, handler in steps
        ]
        decisions = decide(batch, Reader(self._database).fetch, now)
        for outcome in decisions.outcomes:
            if (failure := outcome.failure) is not None:
                get_logger().error(
                    "step_failed", key=outcome.message.key, error=describe(failure), where=where(failure)
                )
        return decisions

    def transaction(self, decisions: Decisions, audit: Sequence[Document] = ()) -> Transaction:
        """Return the transaction of decisions with these rows of the audit."""
        rows = to_rows(decisions.events, decisions.bodies)
        return Transaction(decisions, keys=(), now=self._clock.machine(), outbox=rows, audit=audit)

    def _announce(self, transactions: Sequence[Transaction]) -> None:
        """Publish the events of a commit, beside the caller where there is a thread for it."""
        if self._beside is None:
            self._publish(transactions)
        elif any(one.outbox for one in transactions):
            self._await_published()
            self._publishing = self._beside.submit(self._publish, transactions)

    def _await_published(self) -> None:
        """Wait until the events of the commit before are published, which has its own limits. Raises its failure."""
        publishing, self._publishing = self._publishing, None
        if publishing is not None:
            publishing.result()

    def _publish(self, transactions: Sequence[Transaction]) -> None:
        """Publish the events of a commit; where a server is away the sweep of the service does it later."""
        rows = [row for one in transactions for row in one.outbox]
        if not rows:
            return
        ids = [row_id for one in transactions for row_id in one.outbox_ids]
        kept = False
        try:
            self._outbox.publish(self._open_publisher(), rows, ids)
            self._outbox.delete_published()
            kept, self._published = self._kept, monotonic()
        except (*BROKER_ERRORS, BrokerUnreachableError, PyMongoError) as error:
            get_logger().warning("events_left_to_sweep", events=len(rows), error=describe(error))
        finally:
            if not kept:
                self._disconnect()

    def _open_publisher(self) -> Publisher:
        if monotonic() - self._published > KEPT_SECONDS:
            self._disconnect()  # the broker has heard no heartbeats meanwhile
        if self._publisher is None:
            self._connection = connect(self._amqp_uri, self._name)
            self._publisher = Publisher(self._connection)
        return self._publisher

    def release(self) -> None:
        """Close the connection to the broker, if there is one, once nothing is published over it any more."""
        try:
            self._await_published()
        finally:
            self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection, self._publisher = self._connection, None, None
        close_quietly(connection)


def _writes(transaction: Transaction) -> bool:
    decisions = transaction.decisions
    # Not the writes themselves, which are listed for the commit: those of a part of a file are thousands.
    return bool(decisions.identities.changed_ids or decisions.timers or transaction.outbox or transaction.audit)
