"""A tiny service for the engine's tests on real servers: it fills boxes, and runs as loops in threads."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Final

import pytest
from pymongo.database import Database
from stacks import Isolated

from shared.contracts import Refused, Timer
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.stations.needs import CancelNeed, EvaluateNeed, PublishNeed
from shared.contracts.stations.network import StationOpened
from shared.engine import TURN, Entity, Get, Handlers, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.run import loop as engine_loop
from shared.engine.run.loop import Loop
from shared.engine.run.service import ServiceSpec
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.opening import open_store
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault

AREA = "110102009017"
SERVICE = "stations"
PATIENCE = 60.0
BROKEN = "broken"
"""Boxes of such a name fail."""
INDEXES: dict[str, list[Any]] = {"boxes": []}


class Box(Entity):
    """Counts what was put in."""

    collection: ClassVar[str] = "boxes"
    amount: int = 0


class BoxDue(Timer):
    """Put a thousand in, unless the box is broken."""

    type: ClassVar[str] = "stations.box_due"
    box_id: str


def reach_box(work: UnitOfWork, box_id: str) -> None:
    """Boxes are everywhere: every actor reaches them."""
    work.reach_found(box_id, AREA, "box", box_id, "need_id")


def put(message: Incoming[EvaluateNeed]) -> Handling:
    """Put the rating into the box, then refuse, fail or answer nonsense where the comment says so."""
    box_id, comment = message.data.need_id, message.data.comment
    yield [Get(Box, box_id)]
    work = yield TURN
    reach_box(work, box_id)
    if comment == "away" and work.get(Box, box_id) is None:
        raise Refused("unavailable", "catalogue_owner_away")
    box = _fill(work, box_id, message.data.rating)
    if comment == "refuse":
        raise Refused("wrong_state", "closed_box", field="need_id")
    if comment == "fail":
        raise RuntimeError("the box fell down")
    if comment == "huge":
        work.put(Box(id=f"{box_id}-huge", amount=2**70))
    return {"amount": object() if comment == "odd" else box.amount}


def count(message: Incoming[ResourcesLinked]) -> Handling:
    """Put one into the box, unless it is broken."""
    box_id = message.data.need_id
    yield [Get(Box, box_id)]
    work = yield TURN
    if box_id.startswith(BROKEN):
        raise RuntimeError("the box fell down")
    _fill(work, box_id, 1)


def remind(message: Incoming[CancelNeed]) -> Handling:
    """Set a timer, due in as many milliseconds as the reason says."""
    work = yield TURN
    reach_box(work, message.data.need_id)
    due = work.now + timedelta(milliseconds=int(message.data.reason))
    work.remind(message.data.need_id, due, BoxDue(box_id=message.data.need_id))
    return {}


def forget(message: Incoming[PublishNeed]) -> Handling:
    """Delete the timer."""
    work = yield TURN
    reach_box(work, message.data.need_id)
    work.forget(message.data.need_id)
    return {}


def fill_due(message: Incoming[BoxDue]) -> Handling:
    """Put a thousand into the box of a timer, unless the box is broken."""
    box_id = message.data.box_id
    yield [Get(Box, box_id)]
    work = yield TURN
    if box_id.startswith(BROKEN):
        raise RuntimeError("the box fell down")
    _fill(work, box_id, 1000)


HANDLERS: Final[HandlerTable] = {
    EvaluateNeed: put,
    ResourcesLinked: count,
    CancelNeed: remind,
    PublishNeed: forget,
    BoxDue: fill_due,
}


def build() -> Handlers:
    """Return the service's handlers."""
    return Handlers(SERVICE, HANDLERS)


def _fill(work: UnitOfWork, box_id: str, amount: int) -> Box:
    box = work.get(Box, box_id) or Box(id=box_id)
    box = work.put(box.model_copy(update={"amount": box.amount + amount}))
    filled = StationOpened(
        id=box.id,
        version=box.version,
        area=AREA,
        name=str(box.amount),
        level="station",
        state="open",
        opened_at=work.now,
    )
    work.emit(filled, about=box, area=AREA)
    return box


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait for it; gives what it gave. Fails when time is up."""
    end_at = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end_at, f"waited {seconds:g} s in vain for: {what}"
        time.sleep(0.02)
    return value


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
        """What is in each box."""
        return {box["_id"]: box["amount"] for box in self.database["boxes"].find()}

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
        try:
            yield made
        finally:
            for running in made.loops:
                running.loop.stop()
            for running in made.loops:
                running.stop(20)
            made.database.client.close()
