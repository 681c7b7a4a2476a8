"""The queues of dead letters of release 0.2: messages that still arrive there are moved into the service's store.

Replicas of 0.2 publish there as long as they run beside those of today, and so does the broker. A queue that is gone,
or that this user may not read, is left alone until the process starts again.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Final

import amqp
from pymongo.database import Database

from shared.engine.amqp.former_topology import dead_queue
from shared.engine.amqp.frames import Connection
from shared.engine.decide.batch import Decisions
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.former_letters import keep_former
from shared.runtime.clock import Clock
from shared.runtime.logging import get_logger
from shared.runtime.vault import Vault

PAGE: Final = 100
"""Messages that are moved at once."""
MOVE_SECONDS: Final = 5.0
"""How often the queues are looked at."""


class FormerQueues:
    """The former queues of one service's dead letters."""

    def __init__(self, queues: Sequence[str], database: Database[Document], vault: Vault | None, clock: Clock) -> None:
        self._queues = list(queues)
        self._database = database
        self._vault = vault
        self._clock = clock
        self._next = 0.0

    def move(self, connection: Connection) -> None:
        """Move up to PAGE messages of each queue, where that is due.

        A message leaves its queue when the store has it; one that is moved twice is stored once. Raises Conflict,
        StoreUnreachableError, or an error of BROKER_ERRORS.
        """
        if monotonic() < self._next:
            return
        self._next = monotonic() + MOVE_SECONDS
        for queue in list(self._queues):
            channel = connection.channel()
            channel.auto_decode = False
            try:
                self._move(channel, queue)
            except (amqp.NotFound, amqp.AccessRefused) as error:
                self._queues.remove(queue)
                if isinstance(error, amqp.AccessRefused):
                    get_logger().warning("former_queue_not_readable", queue=dead_queue(queue))
            finally:
                if channel.is_open:
                    channel.close()

    def _move(self, channel: amqp.Channel, queue: str) -> None:
        statements: list[Document] = []
        now, tag = self._clock.machine(), 0
        while len(statements) < PAGE and (message := channel.basic_get(dead_queue(queue))) is not None:
            properties = dict(message.properties)
            headers = properties.pop("application_headers", None) or {}
            body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
            statements.append(keep_former(queue, body, properties, headers, now, vault=self._vault))
            tag = message.delivery_tag
        if statements:
            commit(self._database, Transaction(Decisions(IdentityMap()), [], now, letters=statements))
            channel.basic_ack(tag, multiple=True)
            get_logger().info("former_dead_letters_moved", queue=queue, letters=len(statements))
