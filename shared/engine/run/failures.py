"""What becomes of a message that cannot be dealt with: later again, an answer, a dead letter."""

from collections.abc import Callable
from datetime import datetime

from shared.engine.amqp import dead_letters
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.topology import events_queue
from shared.engine.observe.tracing import NO_TRACER, Tracer
from shared.engine.run import answers
from shared.engine.run.item import Item, Said
from shared.engine.store.commit import Document
from shared.engine.store.timers import Timers
from shared.runtime.logging import bind_message, clear_message, describe, get_logger, where
from shared.runtime.metrics import UNKNOWN, EngineMetrics


class GivingUp:
    """Does not send anything but the letter of a timer, which is dropped once that is out; the rest is in `said`."""

    def __init__(
        self, service: str, timers: Timers, metrics: EngineMetrics, clock: Callable[[], datetime],
        send: Callable[[Said], None],
    ) -> None:  # fmt: skip
        self.tracer: Tracer = NO_TRACER
        self._service = service
        self._timers = timers
        self._metrics = metrics
        self._clock = clock
        self._send = send
        self._log = get_logger()

    def give_up(self, item: Item, failure: Exception, said: Said) -> None:
        """It failed alone: later again, or, when that was the last time, to the dead letters."""
        message, now, reason = item.message, self._clock(), describe(failure)
        self.tracer.fail(item, failure)
        bind_message(message.correlation, message.id, message.traceparent)
        self._log.error("message_failed", type=message.type, error=reason, where=where(failure))
        clear_message()
        if item.row is not None:
            self._retry_timer(item.row, reason, said)
        elif item.delivery is not None and message.realm == "command":
            # Its caller is waiting: an answer now is worth more than a result after the deadline.
            refusal = answers.to_failure(failure)
            said.replies.extend(answers.reply(item.delivery, {"error": refusal.to_json()}))
            if refusal is not answers.HELD:
                self.park(item.delivery, reason, said, message.type)
        elif item.delivery is not None:
            letter = dead_letters.next_try(item.delivery, reason, now)
            dead = dead_letters.is_dead(letter)
            (self._metrics.dead_letters if dead else self._metrics.retries).inc()
            self._metrics.count(message.type, "dead_lettered" if dead else "retried")
            said.rerouted.append(letter)

    def park(self, delivery: Delivery, reason: str, said: Said, message_type: str = UNKNOWN) -> None:
        self._log.error("dead_letter", queue=delivery.queue, reason=reason)
        self._metrics.dead_letters.inc()
        self._metrics.count(message_type, "dead_lettered")
        said.rerouted.append(dead_letters.dead_letter(delivery, reason, self._clock()))

    def _retry_timer(self, row: Document, reason: str, said: Said) -> None:
        if self._timers.postpone(row, self._clock()):
            self._metrics.retries.inc()
            self._metrics.count(row["type"], "retried")
        else:
            self.bury_timer(row, reason, said)

    def bury_timer(self, row: Document, reason: str, said: Said) -> None:
        self._log.error("dead_timer", type=row["type"], reason=reason)
        self._metrics.dead_letters.inc()
        self._metrics.count(row["type"], "dead_lettered")
        said.rerouted.append(dead_letters.dead_timer(events_queue(self._service), row, reason, self._clock()))
        self._send(said)
        self._timers.drop(row)
