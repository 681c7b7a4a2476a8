"""nameko's RPC for the queries of a service: `@rpc` as nameko's own, but with room for batches, and able to stop.

nameko's consumer takes as many calls as there are workers: ten slow queries would hold the batches up. It releases no
queue before it is connected again, and kombu waits up to half a minute before it tries to connect: a service could not
stop while RabbitMQ was away, and answered no query for long after it had come back.
"""

import time
from typing import Final, Protocol

from kombu.exceptions import OperationalError
from nameko.messaging import QueueConsumer
from nameko.rpc import Rpc, RpcConsumer

from shared.runtime.logging import describe, get_logger

RETRY_SECONDS: Final = 1.0
ENGINE_WORKERS: Final = 2
"""Workers that queries leave free: one for the batch at hand, one for a query that is answered and about to end."""


class Departure(Protocol):
    """The event that a provider waits for while it leaves the consumer."""

    def send(self) -> None: ...


class PromptQueueConsumer(QueueConsumer):  # type: ignore[misc]
    """Tries to connect every second, and stops whether or not it is connected."""

    _pending_remove_providers: dict[object, Departure]

    connect_max_retries = 0

    @property
    def prefetch_count(self) -> int:
        """The number of calls that the broker hands over before they are answered: fewer than there are workers."""
        # nameko's own takes one for every worker, and then a batch waits until a call is answered.
        return max(1, int(self.container.max_workers) - ENGINE_WORKERS)

    def run(self, *_: object, **__: object) -> None:
        """Consume until stopped; reconnect after each error of the broker."""
        lost = (*self.connection_errors, *self.channel_errors, OperationalError)
        while not self.should_stop:
            try:
                for _taken in self.consume(limit=None):
                    pass
            except lost as error:
                get_logger().warning("rpc_lost_broker", error=describe(error))
                time.sleep(RETRY_SECONDS)
                self._release_providers()

    def _release_providers(self) -> None:
        """Let the providers go that wait to leave: with the connection, the broker has released their queues."""
        leaving, self._pending_remove_providers = self._pending_remove_providers, {}
        for provider, departure in leaving.items():
            self._consumers.pop(provider, None)
            self.should_stop = not self._consumers
            departure.send()


class PromptRpcConsumer(RpcConsumer):  # type: ignore[misc]
    """Consumes the RPC queue of a service."""

    queue_consumer = PromptQueueConsumer()


class PromptRpc(Rpc):  # type: ignore[misc]
    """The entrypoint of a method that other processes may call."""

    rpc_consumer = PromptRpcConsumer()


rpc = PromptRpc.decorator
"""Decorates a method of a service that answers a query."""
