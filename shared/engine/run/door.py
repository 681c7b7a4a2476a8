"""The door of a service: its commands, which are refused while its events fill the disk. Nothing else is held up.

A command causes events; while these cannot leave, the outbox grows. Events and timers go on, because the effects of
commands that were accepted must end.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Final

from pymongo.database import Database

from shared.contracts.refusals import Refused
from shared.engine.amqp.broker import Delivery, Publisher
from shared.engine.amqp.topology import commands_queue
from shared.engine.decide.schema import Document
from shared.engine.run import answers
from shared.engine.store.outbox import Outbox
from shared.runtime.control import show_closed_door, show_open_door
from shared.runtime.logging import get_logger
from shared.runtime.metrics import EngineMetrics

CLOSED_AT: Final = 0.8
"""The part of the outbox's budget at which the door closes: the rest is for the effects of accepted commands."""
OPEN_AT: Final = 0.7
"""The part below which it opens again, so that it does not swing with every batch."""
LOOK_SECONDS: Final = 2.0
"""The shortest time between two looks at the outbox."""
MEBIBYTE: Final = 1024**2


class Door:
    """The door of one service. `closed` is as of the last `measure`."""

    def __init__(self, service: str, database: Database[Document], budget_mib: int, metrics: EngineMetrics) -> None:
        self.closed = False
        self._service = service
        self._database = database
        self._outbox = Outbox(database)
        self._budget = budget_mib * MEBIBYTE
        self._metrics = metrics
        self._queue = commands_queue(service)
        self._next_look = 0.0
        self._shown: bool | None = None

    def measure(self) -> None:
        """Close or open by the bytes in the outbox, where they were last seen a while ago. Raises PyMongoError."""
        if monotonic() < self._next_look:
            return
        self._next_look = monotonic() + LOOK_SECONDS
        used = self._outbox.measure_bytes() / self._budget
        was, self.closed = self.closed, used >= (OPEN_AT if self.closed else CLOSED_AT)
        self._metrics.outbox_used.set(used)
        self._metrics.door_closed.set(self.closed)
        self._show()
        if self.closed != was:
            get_logger().warning("door_closed" if self.closed else "door_opened", outbox_used=round(used, 2))

    def _show(self) -> None:
        """Keep the row that `lianshan status` reads, also where a process that is gone has left one."""
        if self.closed:
            show_closed_door(self._database, "events_fill_disk")
        elif self._shown is not False:
            show_open_door(self._database)
        self._shown = self.closed

    def admit(self, deliveries: Sequence[Delivery], publisher: Publisher | None) -> Sequence[Delivery]:
        """Return the deliveries to process; refuse the commands among them while closed, without keeping the answer.

        Raises an error of BROKER_ERRORS.
        """
        if not self.closed:
            return deliveries
        assert publisher is not None, "the loop connects first"
        refused = [delivery for delivery in deliveries if delivery.queue == self._queue]
        refusal = answers.refusal_body(Refused("unavailable", "events_fill_disk", service=self._service))
        publisher.reply(answers.build_replies((delivery, refusal) for delivery in refused))
        return [delivery for delivery in deliveries if delivery.queue != self._queue]
