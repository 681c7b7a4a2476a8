"""What happens to one batch: understand, drop what was seen, decide, commit, publish, answer.

The path of a message, top to bottom. Nothing is acknowledged before what it caused is committed.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from random import random
from time import perf_counter
from typing import Any, Final

from bson import ObjectId
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.contracts.messages import EVENTS
from shared.engine.amqp import dead_letters
from shared.engine.amqp.broker import Delivery, Publisher
from shared.engine.amqp.decoding import Decoded, UndecodableError, decode, timer_message
from shared.engine.amqp.topology import commands_queue
from shared.engine.decide.batch import Decided, Outcome, decide
from shared.engine.decide.handlers import Handler
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.unit_of_work import TimerRow
from shared.engine.observe.measuring import measure
from shared.engine.observe.tracing import NO_TRACER, Stages, Tracer
from shared.engine.run import answers
from shared.engine.run.failures import GivingUp
from shared.engine.run.item import Item, Said
from shared.engine.run.service import ServiceSpec
from shared.engine.store import outbox
from shared.engine.store.commit import (
    Answer,
    Batch,
    Conflict,
    Document,
    NotCommittableError,
    commit,
    meaning,
)
from shared.engine.store.reader import Reader
from shared.engine.store.timers import Timers
from shared.runtime.failpoints import failpoint
from shared.runtime.logging import describe
from shared.runtime.metrics import UNKNOWN, EngineMetrics

CONFLICT_TRIES: Final = 15
SPLIT_AFTER: Final = 4
"""Conflicts of one batch in a row after which it is halved: smaller batches collide less."""


class Processor:
    """One service's way with a batch."""

    def __init__(
        self, spec: ServiceSpec, database: Database[Document], clock: Callable[[], datetime],
        pause: Callable[[float], None],
    ) -> None:  # fmt: skip
        self.spec = spec
        self.publisher: Publisher | None = None
        self.outbox = outbox.Outbox(database)
        self.timers = Timers(database)
        self.unpublished: list[ObjectId] = []
        self._tracer: Tracer = NO_TRACER
        self.metrics = EngineMetrics(spec.name, {*EVENTS, *spec.handlers.message_types})
        self._database = database
        self._reader = Reader(database)
        self._clock = clock
        self._pause = pause
        self._failed = GivingUp(spec.name, self.timers, self.metrics, clock, self._send)
        self._commands_queue = commands_queue(spec.name)

    @property
    def tracer(self) -> Tracer:
        """Who is told of batches."""
        return self._tracer

    @tracer.setter
    def tracer(self, tracer: Tracer) -> None:
        self._tracer = self._failed.tracer = tracer

    def process(self, deliveries: Sequence[Delivery], rows: Sequence[Document]) -> None:
        """Deal with everything given, to the end. The caller acknowledges `deliveries` afterwards.

        Raises StoreUnreachableError (nothing is lost: process the same again) or an error of BROKER_ERRORS.
        """
        said = Said()
        work = self._understand(deliveries, said) + self._due(rows, said)
        fresh = self._unseen(work, said)
        if fresh:
            self.metrics.batch.observe(len(fresh))
            self._tracer.begin(fresh, self._clock())
            self._handle(fresh, said)
        self._send(said)
        failpoint("before_ack")

    # ---- before deciding ------------------------------------------------------------------------------------

    def _understand(self, deliveries: Sequence[Delivery], said: Said) -> list[Item]:
        work = []
        for delivery in deliveries:
            try:
                decoded = decode(
                    delivery,
                    self.spec.handlers,
                    is_command=delivery.queue == self._commands_queue,
                    now=self._clock(),
                )
            except UndecodableError as error:
                self._failed.park(delivery, str(error), said)
                continue
            if decoded.message is not None:
                work.append(Item(decoded.message, delivery))
            else:
                self._turn_away(decoded, said)
        return work

    def _turn_away(self, decoded: Decoded, said: Said) -> None:
        if decoded.refusal is not None:
            self.metrics.count(UNKNOWN, "refused")
            said.replies.extend(answers.reply(decoded.delivery, {"error": decoded.refusal.to_json()}))
        else:
            self.metrics.count(UNKNOWN, "expired")

    def _due(self, rows: Sequence[Document], said: Said) -> list[Item]:
        work = []
        for row in rows:
            try:
                work.append(Item(timer_message(row, self.spec.handlers), row=row))
            except UndecodableError as error:
                self._failed.bury_timer(row, str(error), said)
        return work

    def _unseen(self, work: list[Item], said: Said) -> list[Item]:
        seen = self._reader.answered([w.message.key for w in work])
        fresh: dict[str, Item] = {}
        for item in work:
            key = item.message.key
            if key in seen:
                self._repeat(item, seen[key], said)
            elif key in fresh:
                self._repeat_in_batch(item, fresh[key], said)
            else:
                fresh[key] = item
        return list(fresh.values())

    def _still_due(self, work: list[Item]) -> list[Item]:
        """Without the timers that another replica has meanwhile fired, forgotten or set anew."""
        rows = [w.row for w in work if w.row is not None]
        standing = self.timers.standing(rows) if rows else set()
        return [w for w in work if w.row is None or w.row["_id"] in standing]

    def _repeat(self, item: Item, answer: Answer | None, said: Said) -> None:
        self.metrics.count(item.message.type, "repeated")
        if item.row is not None:
            self.timers.drop(item.row)
        if item.delivery is None or answer is None:
            return
        if answer.fingerprint != item.message.fingerprint:
            said.replies.extend(answers.reply(item.delivery, {"error": answers.MISMATCH.to_json()}))
        else:
            said.replies.extend(answers.reply_body(item.delivery, answer.body))

    def _repeat_in_batch(self, item: Item, first: Item, said: Said) -> None:
        # The same command twice in one batch: the second caller gives up waiting or asks again, and then
        # finds the stored answer; only a different body under the same key must be told now.
        self.metrics.count(item.message.type, "repeated")
        if item.delivery is not None and item.message.fingerprint != first.message.fingerprint:
            said.replies.extend(answers.reply(item.delivery, {"error": answers.MISMATCH.to_json()}))
        elif item.delivery is not None and item.delivery.properties.get("reply_to"):
            said.rerouted.append(dead_letters.again(item.delivery))

    # ---- deciding and committing ----------------------------------------------------------------------------

    def _handle(self, work: list[Item], said: Said) -> None:
        """Decide and commit; on conflict anew, on failure split until the culprit stands alone."""
        last = Conflict()
        for conflicts in range(CONFLICT_TRIES):
            try:
                failed = self._attempt(work, said)
            except Conflict as conflict:
                self.metrics.conflicts.inc()
                if conflicts >= SPLIT_AFTER and len(work) > 1:
                    break
                last = conflict
                self._pause(random() * 0.01 * (conflicts + 1))
                work = self._unseen(self._still_due(work), said)
            except NotCommittableError as error:
                if len(work) == 1:
                    self._failed.give_up(work[0], error, said)
                    return
                break
            else:
                for item, failure in failed:
                    self._alone(item, failure, said, was_alone=len(work) == 1)
                return
            if not work:
                return
        else:
            # No race loses so often: it meets something that is always there, as with a unique index.
            self._failed.give_up(work[0], last, said)
            return
        half = len(work) // 2
        self._handle(work[:half], said)
        self._handle(work[half:], said)

    def _alone(self, item: Item, failure: Exception, said: Said, *, was_alone: bool) -> None:
        if was_alone:
            self._failed.give_up(item, failure, said)
        else:
            self._handle([item], said)

    def _attempt(self, work: list[Item], said: Said) -> list[tuple[Item, Exception]]:
        started, loaded_before = perf_counter(), self._reader.seconds
        now = self._clock()
        handled = [(w.message, h) for w in work if (h := self._handler(w)) is not None]
        decided = self._decide(handled, now)
        outcomes = {o.message.key: o for o in decided.outcomes}
        failed = [(w, o.failure) for w in work if (o := outcomes.get(w.message.key)) and o.failure is not None]
        failures = {w.message.key for w, _ in failed}
        done = [w for w in work if w.message.key not in failures]
        messages = outbox.rows(decided.events)
        batch = Batch(
            decided,
            keys=[w.message.key for w in done],
            now=now,
            answers=[
                answers.kept(w.message, outcomes.get(w.message.key)) for w in done if w.message.realm == "command"
            ],
            outbox=messages,
            fired=[TimerRow(w.row["_id"], w.row["due"]) for w in done if w.row is not None],
        )
        decided_at, loaded = perf_counter(), self._reader.seconds
        self._reader.seconds = 0.0
        self.metrics.load.observe(loaded)
        loading = loaded - loaded_before
        deciding = decided_at - started - loading
        self.metrics.decide.observe(deciding)
        if done:
            failpoint("before_commit")
            commit(self._database, batch)
            failpoint("after_commit")
            self.metrics.commit.observe(perf_counter() - decided_at)
        committed_at = perf_counter()
        self._after_commit(batch, messages, done, outcomes, said)
        stages = Stages(loading, deciding, committed_at - decided_at, perf_counter() - committed_at)
        self._tracer.end(done, outcomes, decided.events, stages)
        return failed

    def _decide(self, handled: list[tuple[Incoming[Any], Handler]], now: datetime) -> Decided:
        try:
            decided = decide(handled, self._reader.fetch, now)
        except PyMongoError as error:
            raise meaning(error) from error
        except Exception as error:
            # What one message asked for could not be loaded: a stored document that no longer fits, a query that
            # raises. Which message it was comes out when the batch is split.
            raise NotCommittableError(describe(error)) from error
        for outcome in decided.outcomes:
            if isinstance(outcome.failure, PyMongoError):
                raise meaning(outcome.failure) from outcome.failure
        return decided

    def _handler(self, item: Item) -> Any:
        found = self.spec.handlers.find(item.message.realm, item.message.type)
        if found is None and item.message.realm == "command":
            return answers.unknown_command
        return found

    def _after_commit(
        self,
        batch: Batch,
        messages: list[Document],
        done: list[Item],
        outcomes: dict[str, Outcome],
        said: Said,
    ) -> None:
        stored = {a.key: a.body for a in batch.answers}
        measure(self.metrics, [w.message for w in done], outcomes, self._clock())
        for item in done:
            if item.delivery is not None and item.message.key in stored:
                said.replies.extend(answers.reply_body(item.delivery, stored[item.message.key]))
        if messages:
            started = perf_counter()
            assert self.publisher is not None, "the loop connects before it processes"
            if self.outbox.publish(self.publisher, messages, batch.outbox_ids):
                self.metrics.published(Counter([row["t"] for row in messages]))
            else:
                self.unpublished += batch.outbox_ids
            self.metrics.publish.observe(perf_counter() - started)

    def _send(self, said: Said) -> None:
        assert self.publisher is not None, "the loop connects before it processes"
        if said.replies:
            self.publisher.reply(said.replies)
        if said.rerouted:
            failpoint("during_retry")
            if self.publisher.publish(said.rerouted):
                raise TimeoutError("RabbitMQ does not take retries or dead letters: are their queues full or missing?")
        said.replies, said.rerouted = [], []
