"""The worker's units of work: decided together, committed as one transaction, then published."""

from collections.abc import Sequence
from random import random
from time import sleep
from typing import Final

from pymongo.database import Database

from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, Publisher, close_quietly, connect
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.handlers import Handler
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.limits import Conflict
from shared.engine.decide.schema import Document
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.outbox import Outbox, to_rows
from shared.engine.store.reader import Reader
from shared.runtime.clock import Clock
from shared.runtime.logging import describe, get_logger, where

CONFLICT_TRIES: Final = 8
LONGEST_PAUSE: Final = 0.2
"""Seconds between two tries after a conflict with the service or another worker."""
Step = tuple[str, object, Handler]
"""The key of a unit of work, its data, and the handler that decides it."""


class Units:
    """Commits units of work of one thread."""

    def __init__(self, database: Database[Document], amqp_uri: str, clock: Clock) -> None:
        self._database, self._amqp_uri, self._clock = database, amqp_uri, clock
        self._outbox = Outbox(database)

    def run(self, steps: Sequence[Step], audit: Sequence[Document] = ()) -> frozenset[str]:
        """Decide and commit the steps together, with these rows of the audit; return the keys of those that failed.

        A step that fails is logged and leaves no trace in the others. Raises PyMongoError, StoreUnreachableError, or
        Conflict after CONFLICT_TRIES.
        """
        for left in reversed(range(CONFLICT_TRIES)):
            decisions = self._decide(steps)
            try:
                self._commit(decisions, audit)
            except Conflict:
                if not left:
                    raise
                sleep(random() * LONGEST_PAUSE)
            else:
                break
        return frozenset(outcome.message.key for outcome in decisions.outcomes if outcome.failure is not None)

    def _decide(self, steps: Sequence[Step]) -> Decisions:
        now = self._clock.city()
        batch = [
            (Incoming("timer", key, key, type(data).__name__, data, now, key, ""), handler)
            for key, data, handler in steps
        ]
        decisions = decide(batch, Reader(self._database).fetch, now)
        for outcome in decisions.outcomes:
            if (failure := outcome.failure) is not None:
                get_logger().error(
                    "notice_step_failed", key=outcome.message.key, error=describe(failure), where=where(failure)
                )
        return decisions

    def _commit(self, decisions: Decisions, audit: Sequence[Document]) -> None:
        rows = to_rows(decisions.events, decisions.bodies)
        transaction = Transaction(decisions, keys=(), now=self._clock.machine(), outbox=rows, audit=audit)
        if not (decisions.writes or decisions.removals or rows or audit):
            return
        commit(self._database, transaction)
        if rows:
            self._publish(rows, transaction)

    def _publish(self, rows: Sequence[Document], transaction: Transaction) -> None:
        """Publish the events of a commit; where the broker is away the sweep of the service does it later."""
        connection = None
        try:
            # A connection for each commit with events: they are rare, and an idle one would need heartbeats.
            connection = connect(self._amqp_uri, "volunteering notices")
            self._outbox.publish(Publisher(connection), rows, transaction.outbox_ids)
        except (*BROKER_ERRORS, BrokerUnreachableError) as error:
            get_logger().warning("events_left_to_sweep", events=len(rows), error=describe(error))
        finally:
            close_quietly(connection)
