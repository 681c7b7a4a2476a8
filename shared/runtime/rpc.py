"""nameko's RPC for what others may ask of a service: `@rpc` as nameko's own, but it minds an absent broker better.

nameko's consumer gives up no queue before it is connected again, and kombu waits for up to half a minute before it
tries to be: a service could not stop while RabbitMQ was away, nor be asked anything for long after it had come back.
"""

import time
from typing import Any, Final

from kombu.exceptions import OperationalError
from nameko.messaging import QueueConsumer
from nameko.rpc import Rpc, RpcConsumer

from shared.runtime.logging import describe, get_logger

RETRY_SECONDS: Final = 1.0


class PromptQueueConsumer(QueueConsumer):  # type: ignore[misc]
    """Tries to connect every second, and stops whether or not it is connected."""

    connect_max_retries = 0

    def run(self, *_: Any, **__: Any) -> None:
        """Consume until stopped."""
        lost = (*self.connection_errors, *self.channel_errors, OperationalError)
        while not self.should_stop:
            try:
                for _taken in self.consume(limit=None):
                    pass
            except lost as error:
                get_logger().warning("rpc_lost_broker", error=describe(error))
                time.sleep(RETRY_SECONDS)
                self._let_go()

    def _let_go(self) -> None:
        """Those who wait to leave need no connection: what the broker has forgotten is no longer theirs."""
        leaving: dict[Any, Any] = self._pending_remove_providers
        self._pending_remove_providers: dict[Any, Any] = {}
        for provider, gone in leaving.items():
            self._consumers.pop(provider, None)
            self.should_stop = not self._consumers
            gone.send()


class PromptRpcConsumer(RpcConsumer):  # type: ignore[misc]
    """The queue of a service's RPC."""

    queue_consumer = PromptQueueConsumer()


class PromptRpc(Rpc):  # type: ignore[misc]
    """A method that others may call."""

    rpc_consumer = PromptRpcConsumer()


rpc = PromptRpc.decorator
