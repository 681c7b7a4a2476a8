"""A tiny service for the engine's tests on real servers, whose loops run in threads of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import waiting
from boxes import INDEXES, SERVICE, build
from pymongo.database import Database
from stacks import Isolated

from shared.engine import Handlers
from shared.engine.run import loop as engine_loop
from shared.engine.run.loop import Loop
from shared.engine.run.service import ServiceSpec
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.opening import open_store
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault

PATIENCE = waiting.PATIENCE
until = waiting.until
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Running:
    """A loop in a thread, as a process would run it."""

    loop: Loop
    thread: threading.Thread
    died_of: list[BaseException] = field(default_factory=list)

    def stop(self, seconds: float = 10.0) -> None:
        """As SIGTERM does; fails when it takes longer."""
        self.loop.stop()
        self.thread.join(seconds)
        assert not self.thread.is_alive(), f"the loop did not stop within {seconds:g} s"
        # As the end of a process does, while the wire that a test may have put between is still there.
        self.loop.processor._database.client.close()

    def crashed(self) -> bool:
        """Whether an error ended it."""
        return bool(self.died_of) and not self.thread.is_alive()


@dataclass
class Room:
    """One test's broker and store, with the tiny service's queues."""

    isolated: Isolated
    database: Database[dict[str, Any]]
    loops: list[Running] = field(default_factory=list)

    @property
    def vault(self) -> Vault:
        """Of the room's data key: it seals the failed messages."""
        return Vault(self.settings().data_key)

    def settings(self, **changes: Any) -> ServiceSettings:
        """Of a service in this room."""
        given = {
            "amqp_uri": self.isolated.amqp_uri,
            "mongo_uri": self.isolated.mongo_uri,
            "data_key": self.isolated.data_key,
            "database_prefix": self.isolated.database_prefix,
        }
        return ServiceSettings(**(given | changes))

    def start(self, handlers: Handlers | None = None, **changes: Any) -> Running:
        """One more replica of the service."""
        settings = self.settings(**changes)
        spec = ServiceSpec(SERVICE, handlers or build(), INDEXES, vault=self.vault)
        loop = Loop(spec, settings, open_store(settings, SERVICE))
        running = Running(loop, threading.Thread())

        def run() -> None:
            try:
                loop.run()
            except BaseException as error:  # noqa: BLE001 - a process would have died of it
                running.died_of.append(error)

        running.thread = threading.Thread(target=run, daemon=True)
        running.thread.start()
        self.loops.append(running)
        return running

    def amounts(self) -> dict[str, int]:
        """The amount in each box."""
        return {box["_id"]: box["amount"] for box in self.database["boxes"].find()}

    def let_leases_lapse(self) -> None:
        """Let the leases of a dead replica lapse, as the store sees them; no replica may be alive."""
        self.database["leases"].update_many({}, {"$set": {"until": LONG_AGO}})
        for rows in ("letters", "timers"):
            self.database[rows].update_many({"lease_until": {"$exists": True}}, {"$set": {"lease_until": LONG_AGO}})

    def outbox(self) -> int:
        """Rows that are committed and not yet confirmed."""
        return self.database["outbox"].count_documents({})


@contextmanager
def room(furnished: Isolated) -> Iterator[Room]:
    """Queues and collections, ready; every loop that is started in it is stopped at the end."""
    made = Room(furnished, None)  # type: ignore[arg-type]
    made.database = open_store(made.settings(), SERVICE)
    ensure_indexes(made.database, INDEXES)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine_loop, "POLL_SECONDS", 0.05)  # so that a stop is heard soon
        patched.setattr(engine_loop, "LETTERS_SECONDS", 0.05)
        try:
            yield made
        finally:
            for running in made.loops:
                running.loop.stop()
            for running in made.loops:
                running.stop(20)
            made.database.client.close()
