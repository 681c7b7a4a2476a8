"""The path of a batch: decode, drop messages seen before, decide, commit, publish, reply.

`Processor.process` reads top to bottom. Nothing is acknowledged, published or replied before its consequences are
committed: a crash at any point leads to a redelivery, which the inbox recognises.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import random
from time import perf_counter
from typing import Final

from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.contracts.messages import EVENTS
from shared.engine.amqp.broker import Delivery, Publisher
from shared.engine.amqp.decoding import Received
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.fence import LeaseLostError
from shared.engine.decide.handlers import Handler
from shared.engine.decide.schema import Document
from shared.engine.observe.measuring import count_committed
from shared.engine.observe.tracing import NO_TRACER, Stages, Tracer
from shared.engine.run import answers
from shared.engine.run.batch import CONFLICT_TRIES, SPLIT_AFTER, UNLISTED_TRIES, Batch, DecidedPart, Part, find_passing
from shared.engine.run.failures import FailureHandler
from shared.engine.run.intake import Intake
from shared.engine.run.service import ServiceSpec
from shared.engine.run.transactions import prepare_transaction
from shared.engine.store import outbox
from shared.engine.store.collections import EVENTS_KEPT
from shared.engine.store.commit import commit
from shared.engine.store.durability import settle
from shared.engine.store.errors import Conflict, NotCommittableError, UnlistedError, Unsettled, classify_error
from shared.engine.store.letters import Entry, Letters
from shared.engine.store.reader import Reader
from shared.engine.store.sealing import follow_sealing
from shared.engine.store.timers import Timers
from shared.runtime.clock import CityTime, Clock
from shared.runtime.failpoints import failpoint
from shared.runtime.logging import describe
from shared.runtime.metrics import EngineMetrics

NONE_UNLISTED: Final[tuple[int | None, int]] = (None, 0)


class Processor:
    """Processes the batches of one service, one at a time."""

    def __init__(
        self, spec: ServiceSpec, database: Database[Document], clock: Clock,
        pause: Callable[[float], None], events_kept: timedelta = EVENTS_KEPT,
    ) -> None:  # fmt: skip
        self.spec = spec
        self._events_kept = events_kept
        self.publisher: Publisher | None = None
        self.outbox = outbox.Outbox(database)
        self.timers = Timers(database)
        self.letters = Letters(database, spec.vault)
        self.tracer: Tracer = NO_TRACER
        self.metrics = EngineMetrics(spec.name, {*EVENTS, *spec.handlers.message_types})
        self._database = database
        self._reader = Reader(database)
        self._clock = clock
        self._pause = pause
        self._intake = Intake(spec, self.timers, self.letters)
        self._unlisted = NONE_UNLISTED
        self._failures = FailureHandler(spec.name, self.timers, self.letters, self.metrics, clock)

    def process(self, deliveries: Sequence[Delivery], rows: Sequence[Document]) -> None:
        """Process the deliveries and the due timer rows to the end. The caller then acknowledges the deliveries.

        Raises StoreUnreachableError or PyMongoError (process the same deliveries again: nothing is lost or doubled), an
        error of BROKER_ERRORS (the broker redelivers them), or LeaseLostError (give them back to the broker).
        """
        try:
            self._process(deliveries, rows)
        except Exception:
            self._intake.doubt()  # they are processed again, and some may be committed
            raise

    def _process(self, deliveries: Sequence[Delivery], rows: Sequence[Document]) -> None:
        batch = Batch()
        received = self._intake.decode(deliveries, rows, batch, self._clock.city(), self.metrics)
        fresh = self._drop_seen(received, batch)
        if fresh:
            self.metrics.batch.observe(len(fresh))
            self.tracer.begin(fresh, self._clock.city())
        parts = [Part(fresh)] if fresh else []
        # Ends: parts are halved down to single messages, and a single message is tried CONFLICT_TRIES times at most.
        while parts:
            part = parts.pop()
            try:
                decided = self._decide(part.messages)
                self._commit(decided)
            except Conflict as conflict:
                parts += self._retry(part, conflict, batch)
            except NotCommittableError as error:
                parts += self._isolate(part, error, batch)
            except UnlistedError as error:
                parts += self._suspect(part, error, batch)
            else:
                batch.committed += len(decided.done)
                self._publish(decided)
                parts += self._conclude(decided, batch)
        self._send(batch)
        failpoint("before_ack")

    def follow_store(self) -> None:
        """Seal in the form that the store has now. Raises PyMongoError."""
        follow_sealing(self._database, self.spec.vault)

    # ---- decide, commit, publish ----------------------------------------------------------------------------

    def _decide(self, messages: list[Received]) -> DecidedPart:
        """Run the handlers. Raises Conflict, NotCommittableError or StoreUnreachableError where loading fails."""
        now, started, read_before = self._clock.city(), perf_counter(), self._reader.seconds
        decisions = self._run_handlers(messages, now)
        outcomes = {o.message.key: o for o in decisions.outcomes}
        failures = {key: o.failure for key, o in outcomes.items() if o.failure is not None}
        passing = find_passing(messages, outcomes)
        left = {*failures, *(m.message.key for m, _ in passing)}
        done = [m for m in messages if m.message.key not in left] if left else messages
        transaction = prepare_transaction(
            decisions, outcomes, done, now, stored_at=self._clock.machine(), events_kept=self._events_kept
        )
        loading = self._reader.seconds - read_before
        stages = Stages(load=loading, decide=perf_counter() - started - loading)
        self.metrics.load.observe(self._reader.seconds)  # with the inbox look-ups since the part before
        self._reader.seconds = 0.0
        self.metrics.decide.observe(stages.decide)
        failed = [(m, failures[m.message.key]) for m in messages if m.message.key in failures] if failures else []
        return DecidedPart(done, failed, outcomes, transaction, stages, passing)

    def _run_handlers(self, messages: Sequence[Received], now: CityTime) -> Decisions:
        handled = [(m.message, h) for m in messages if (h := self._find_handler(m)) is not None]
        try:
            decisions = decide(handled, self._reader.fetch, now)
        except PyMongoError as error:
            raise classify_error(error) from error
        except Exception as error:
            # A load of one message failed: a stored document that does not fit its class, a query that raises. Which
            # message it was shows when the part is halved.
            raise NotCommittableError(describe(error)) from error
        for outcome in decisions.outcomes:
            if isinstance(outcome.failure, PyMongoError):
                raise classify_error(outcome.failure) from outcome.failure
            if isinstance(outcome.failure, LeaseLostError):
                raise outcome.failure
        return decisions

    def _find_handler(self, received: Received) -> Handler | None:
        message = received.message
        found = self.spec.handlers.find(message.realm, message.type)
        # An event without a handler is ignored but recorded as seen; a command has a caller who waits for an answer.
        return answers.refuse_unknown if found is None and message.realm == "command" else found

    def _commit(self, decided: DecidedPart) -> None:
        """Commit and count the messages that are done. Raises as `shared.engine.store.commit.commit` does.

        After a StoreUnreachableError the outcome may be unknown; then the same deliveries are processed again, and the
        inbox shows whether they were committed.
        """
        if decided.done:
            started = perf_counter()
            failpoint("before_commit")
            commit(self._database, decided.transaction)
            failpoint("after_commit")
            self._failures.committed += len(decided.done)
            self.timers.expect(row.due for row in decided.transaction.decisions.timers.values() if row.due)
            decided.stages.commit = perf_counter() - started
            self.metrics.commit.observe(decided.stages.commit)
            count_committed(self.metrics, [m.message for m in decided.done], decided.outcomes, self._clock.city())

    def _publish(self, decided: DecidedPart) -> None:
        """Publish the events of a committed part. Raises an error of BROKER_ERRORS; the sweep then publishes them."""
        rows, ids = decided.transaction.outbox, decided.transaction.outbox_ids
        if not rows:
            return
        assert self.publisher is not None, "the loop connects before it processes"
        started = perf_counter()
        if self.outbox.publish(self.publisher, rows, ids):
            self.metrics.count_published(Counter([row["t"] for row in rows]))
        decided.stages.publish = perf_counter() - started
        self.metrics.publish.observe(decided.stages.publish)

    def _conclude(self, decided: DecidedPart, batch: Batch) -> list[Part]:
        """Record the answers of a committed part; return its failed messages as parts to be tried once more."""
        done, failed = decided.done, decided.failed
        if failed:  # one that came again may have failed because of its own effects
            new = {m.message.key for m in self._drop_repeated([received for received, _ in failed], batch)}
            failed = [(received, failure) for received, failure in failed if received.message.key in new]
        bodies = {answer.key: answer.body for answer in decided.transaction.answers}
        batch.replies += [(m.delivery, bodies[m.message.key]) for m in done if m.delivery and m.message.key in bodies]
        batch.replies += [(m.delivery, answers.refusal_body(refusal)) for m, refusal in decided.passing if m.delivery]
        answered = [*done, *(received for received, _ in decided.passing)]
        self.tracer.end(answered, decided.outcomes, decided.transaction.decisions.events, decided.stages)
        if done or len(decided.failed) > 1:
            # Each alone: a message that failed beside others may have failed because of them.
            return [Part([received]) for received, _ in reversed(failed)]
        for received, failure in failed:
            self._fail(received, failure, batch)
        return []

    # ---- conflicts and failures -----------------------------------------------------------------------------

    def _retry(self, part: Part, conflict: Conflict, batch: Batch) -> list[Part]:
        """Return the parts to try after a conflict with another replica."""
        part.conflicts += 1
        if part.conflicts > SPLIT_AFTER and len(part.messages) > 1:
            self.metrics.conflicts.inc()
            return part.split()
        if isinstance(conflict, Unsettled) or part.conflicts >= SPLIT_AFTER:
            settle(self._database)  # readers may not see the conflicting write yet; no message is to blame then
        self._pause(random() * part.longest_pause)
        # The other replica may have committed some of the messages, or fired some of the timers.
        met, part.messages = part.messages, self._drop_repeated(self._intake.drop_taken(part.messages), batch)
        if len(part.messages) == len(met):  # else a message that came again has met itself
            self.metrics.conflicts.inc()
        if part.conflicts < CONFLICT_TRIES:
            return [part] if part.messages else []
        for received in part.messages:
            self._fail(received, conflict, batch)
        return []

    def _drop_seen(self, messages: list[Received], batch: Batch) -> list[Received]:
        return self._intake.drop_seen(messages, batch, self._reader, self.metrics)

    def _drop_repeated(self, messages: list[Received], batch: Batch) -> list[Received]:
        self._intake.doubt()
        return self._drop_seen(messages, batch)

    def _isolate(self, part: Part, error: Exception, batch: Batch) -> list[Part]:
        """Return the halves of a part that cannot be committed, until the message at fault stands alone and fails.

        Where some of its messages came again, return the others first: they may do well without them.
        """
        new = self._drop_repeated(part.messages, batch)
        if len(new) < len(part.messages):
            return [Part(new, suspect=part.suspect)] if new else []
        if len(new) > 1:
            return part.split()
        self._fail(new[0], error, batch)
        return []

    def _suspect(self, part: Part, error: UnlistedError, batch: Batch) -> list[Part]:
        """Return the halves of a part that has met an error again that no list names, until a message stands alone.

        Raises the error, so that the whole batch is tried again later, as long as it may be the store's trouble.
        """
        if not part.suspect:
            self._unlisted = (error.code, self._unlisted[1] + 1 if self._unlisted[0] == error.code else 1)
            if self._unlisted[1] < UNLISTED_TRIES:
                raise error
            part.suspect = True
        if len(part.messages) == 1:
            batch.suspects += 1
            self._unlisted = NONE_UNLISTED
            if batch.suspects >= UNLISTED_TRIES and not batch.committed:
                raise error
        return self._isolate(part, error, batch)

    def _fail(self, received: Received, failure: Exception, batch: Batch) -> None:
        self.tracer.fail(received, failure)
        batch.failed.append((received, failure))

    # ---- keep failures, reply -------------------------------------------------------------------------------

    def _send(self, batch: Batch) -> None:
        """Settle the failed messages, then send the replies. Raises as `process` does."""
        self.keep(batch, self._failures.settle(batch))

    def bury_timer(self, row: Document, entry: Entry) -> None:
        """Make a timer a dead letter that was never opened. Raises as `process` does."""
        batch = Batch()
        self.keep(batch, [self._failures.bury_timer(row, entry, batch, self._clock.machine())])

    def keep(self, batch: Batch, statements: Sequence[Document]) -> None:
        """Keep failed messages in the store, then send the replies of the batch. Raises as `process` does."""
        assert self.publisher is not None, "the loop connects before it processes"
        if statements or batch.given_up:
            failpoint("during_retry")
            self._failures.keep(self._database, self._reader, statements, batch, self._pause)
        if batch.replies:
            self.publisher.reply(answers.build_replies([*batch.replies, *answers.repeat(batch)]))
