"""The failures of a batch: a refusal for a command's caller, a retry later, or a dead letter for the operator."""

from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.amqp.dead_letters import build_dead_letter, build_dead_timer, build_requeued, build_retry, is_dead
from shared.engine.amqp.decoding import Received
from shared.engine.amqp.topology import events_queue
from shared.engine.decide.schema import Document
from shared.engine.run import answers
from shared.engine.run.batch import Batch
from shared.engine.store.timers import Timers
from shared.runtime.clock import Clock, MachineTime
from shared.runtime.logging import bind_message, clear_message, describe, get_logger, where
from shared.runtime.metrics import UNKNOWN, EngineMetrics


class FailureHandler:
    """Settles the failures of one service's batches.

    | failed message | consequence |
    |---|---|
    | event | retried after 1, 5, 30 and 120 seconds, then a dead letter |
    | timer | the same, by its row in the store |
    | command | refused at once, because its caller waits; also a dead letter, unless it only met a lock |
    | undecodable message | a dead letter at once, because no retry could decode it |
    """

    def __init__(self, service: str, timers: Timers, metrics: EngineMetrics, clock: Clock) -> None:
        self._events_queue = events_queue(service)
        self._timers = timers
        self._metrics = metrics
        self._clock = clock
        self._log = get_logger()

    def settle(self, batch: Batch) -> list[Outgoing]:
        """Return the messages for the service's own queues: requeued commands, retries and dead letters.

        Adds the refusals of failed commands to the batch's replies and dead timers to its `dead_timers`; postpones
        failed timers. Raises PyMongoError.
        """
        now = self._clock.machine()
        outgoing = [build_requeued(delivery) for delivery in batch.requeued]
        for origin, reason in batch.undecodable:
            if isinstance(origin, Delivery):
                outgoing.append(self._dead_letter(origin, reason, UNKNOWN, now))
            else:
                outgoing.append(self._dead_letter_timer(origin, reason, batch, now))
        for received, failure in batch.failed:
            letter = self._settle(received, failure, batch, now)
            outgoing += [] if letter is None else [letter]
        return outgoing

    def _settle(self, received: Received, failure: Exception, batch: Batch, now: MachineTime) -> Outgoing | None:
        message, delivery, reason = received.message, received.delivery, describe(failure)
        # The text is one that `describe` allows: never a person's data.
        bind_message(message.correlation, message.id, message.traceparent)
        self._log.error("message_failed", type=message.type, error=reason, where=where(failure))
        clear_message()
        if delivery is None:
            assert received.row is not None, "a message without a delivery is a timer"
            return self._retry_timer(received.row, reason, batch, now)
        if message.realm == "command":
            # No retry: a refusal now is worth more to the caller than a result after its deadline.
            refusal = answers.to_refusal(failure)
            batch.replies.append((delivery, answers.refusal_body(refusal)))
            return None if refusal is answers.HELD else self._dead_letter(delivery, reason, message.type, now)
        letter = build_retry(delivery, reason, now)
        dead = is_dead(letter)
        (self._metrics.dead_letters if dead else self._metrics.retries).inc()
        self._metrics.count(message.type, "dead_lettered" if dead else "retried")
        return letter

    def _retry_timer(self, row: Document, reason: str, batch: Batch, now: MachineTime) -> Outgoing | None:
        if not self._timers.postpone(row, self._clock.city()):
            return self._dead_letter_timer(row, reason, batch, now)
        self._metrics.retries.inc()
        self._metrics.count(row["type"], "retried")
        return None

    def _dead_letter(self, delivery: Delivery, reason: str, message_type: str, now: MachineTime) -> Outgoing:
        self._log.error("dead_letter", queue=delivery.queue, reason=reason)
        self._metrics.dead_letters.inc()
        self._metrics.count(message_type, "dead_lettered")
        return build_dead_letter(delivery, reason, now)

    def _dead_letter_timer(self, row: Document, reason: str, batch: Batch, now: MachineTime) -> Outgoing:
        self._log.error("dead_timer", type=row["type"], reason=reason)
        self._metrics.dead_letters.inc()
        self._metrics.count(row["type"], "dead_lettered")
        batch.dead_timers.append(row)  # deleted only once the dead letter is confirmed
        return build_dead_timer(self._events_queue, row, reason, now)
