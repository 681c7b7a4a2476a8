"""The breaker of a loop: it rests longer with each consecutive failure of a server, and reports that."""

from collections.abc import Callable
from typing import Final

from shared.runtime.logging import describe, get_logger
from shared.runtime.metrics import EngineMetrics

BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Pauses after the first, second, … failure in a row of a server; the last one repeats."""
RESTS_AFTER: Final = 3
"""Failures of the store in a row from which on the service counts as resting, and as not ready."""
STORE: Final = "store_unreachable"
"""The event of the log under which failures of the store are counted."""


class Breaker:
    """Counts the consecutive failures of one loop. `pause` waits the given seconds, or until the loop is stopped."""

    def __init__(self, metrics: EngineMetrics, pause: Callable[[float], None]) -> None:
        self.failures = 0
        self._store_failures = 0
        self._reason = ""
        self._metrics = metrics
        self._pause = pause
        self._log = get_logger()

    @property
    def resting(self) -> str | None:
        """Why no message is handled at the moment; None as long as the store answers."""
        if self._store_failures < RESTS_AFTER:
            return None
        return f"resting until MongoDB does better, after {self._store_failures} failures: {self._reason}"

    def rest(self, event: str, error: Exception) -> None:
        """Log the error under the name `event` and pause, longer with each consecutive failure."""
        self._log.warning(event, error=describe(error), tries=self.failures + 1)
        if event == STORE:
            self._store_failures += 1
            self._reason = describe(error)
            if self._store_failures == RESTS_AFTER:
                self._log.error("resting", error=self._reason)
                self._metrics.resting.set(1)
        self._pause(BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)])
        self.failures += 1

    def recover(self) -> None:
        """Record that a batch was handled, and reset the counts."""
        self.recover_store()
        self.failures = 0

    def recover_store(self) -> None:
        """Record that the store has answered while no batch is in hand."""
        if self.resting is not None:
            self._log.info("rested", failures=self._store_failures)
            self._metrics.resting.set(0)
        self._store_failures = 0
