"""The worker beside the sequencer's loop: it follows the feed until it is stopped, and pauses with the service."""

from collections.abc import Sequence
from contextlib import suppress
from random import random
from threading import Event
from time import monotonic
from typing import Final

from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.gateway.following.worker import Worker
from services.gateway.projection.feature import Feature
from shared.engine import Fence
from shared.engine.decide.schema import Document
from shared.engine.store.errors import Conflict, NotCommittableError, StoreUnreachableError
from shared.runtime.clock import Clock
from shared.runtime.control import Pause
from shared.runtime.logging import describe, get_logger

POLL_SECONDS: Final = 0.02
"""How soon it looks for events that another process has sequenced."""
WOKEN_SECONDS: Final = 0.5
"""How soon it looks where this process sequences: it is woken by each batch, and renews its leases in between."""
BACKOFF_SECONDS: Final = 0.5
CONFLICT_SECONDS: Final = 0.05
"""The longest pause after a conflict; it is random, so that two workers do not meet again in step."""
SILENT_SECONDS: Final = 15.0
"""After so long without a look at the feed it is not ready."""


class Follower:
    """Runs a worker; a server that is away only makes it wait."""

    name = "views"

    def __init__(self, database: Database[Document], features: Sequence[Feature], fence: Fence, clock: Clock) -> None:
        self._worker = Worker(database, features, clock)
        self._pause = Pause(database)
        self._fence = fence
        self._woken = Event()
        self._stopping = self._started = False
        self._looked = monotonic()

    def run(self) -> None:
        """Follow the feed until stopped."""
        while not self._stopping:
            try:
                self._run()
            except Conflict:
                # A partition was taken, or another worker was first with a view: the next look reads them again.
                self._woken.wait(random() * CONFLICT_SECONDS)
                self._refresh_now()
            except (PyMongoError, StoreUnreachableError, NotCommittableError) as error:
                get_logger().warning("views_wait", error=describe(error))
                self._woken.wait(BACKOFF_SECONDS)
                self._refresh_now()
        with suppress(PyMongoError):  # then its leases end by themselves
            self._worker.leave()

    def stop(self) -> None:
        """Have `run` return after the step at hand."""
        self._stopping = True
        self._woken.set()

    def wake(self) -> None:
        """Look at the feed at once."""
        self._woken.set()

    def fault(self) -> str | None:
        """Return the reason why the views stand still, in words; None where they do not."""
        silent = monotonic() - self._looked
        return f"has not followed the feed for {silent:.0f} s" if silent > SILENT_SECONDS else None

    def _run(self) -> None:
        if not self._started:
            self._worker.start()
            self._started = True
        while not self._stopping:
            self._woken.clear()
            if self._worker.refresh():
                self._pause.refresh()
            more = not self._pause.paused and self._worker.step()
            self._looked = monotonic()
            if not more:
                self._woken.wait(WOKEN_SECONDS if self._fence.number else POLL_SECONDS)

    def _refresh_now(self) -> None:
        with suppress(PyMongoError, Conflict, StoreUnreachableError, NotCommittableError):
            self._worker.refresh(now=True)
