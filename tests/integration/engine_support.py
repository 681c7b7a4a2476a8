"""A tiny service for the engine's tests on real servers, a stranger who speaks with it, and a wire that can be cut."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit, urlunsplit

import amqp
import pytest
from actors import HEADERS
from pymongo.database import Database
from stacks import Isolated

from shared.contracts import Command, Refused, Timer, to_cloud_event
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.envelope import CONTENT_TYPE, CloudEvent
from shared.contracts.stations.needs import CancelNeed, EvaluateNeed, PublishNeed
from shared.contracts.stations.network import StationOpened
from shared.contracts.subscriptions import COMMANDS_EXCHANGE, EVENTS_EXCHANGE
from shared.engine import TURN, Entity, Get, Handlers, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.run import loop as engine_loop
from shared.engine.run.loop import Loop, open_store
from shared.engine.run.service import ServiceSpec
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.outbox import to_outgoing, to_rows
from shared.runtime.settings import ServiceSettings

AREA = "110102009017"
SERVICE = "stations"
PATIENCE = 60.0
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
    if box_id.startswith("broken"):
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
    if box_id.startswith("broken"):
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
        loop = Loop(ServiceSpec(SERVICE, handlers or build(), INDEXES), settings, open_store(settings, SERVICE))
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


class Stranger:
    """Someone who publishes and listens with plain AMQP."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        # Without heartbeats: a test has no time for them while it waits for something else.
        self.connection = amqp.Connection(
            f"{parts.hostname}:{parts.port}", parts.username, parts.password, virtual_host=parts.path[1:], heartbeat=0
        )
        self.connection.connect()
        self.channel = self.connection.channel()
        self.channel.auto_decode = False
        self.reply_to = self.channel.queue_declare("", exclusive=True).queue
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.channel.basic_consume(self.reply_to, callback=self._answered, no_ack=True)
        self._sent = 0

    def command(self, data: Command, key: str | None = None, **properties: Any) -> str:
        """Ask; gives the correlation id under which the answer will be."""
        self._sent += 1
        correlation = str(self._sent)
        given = {
            "content_type": "application/json",
            "type": data.type,
            "message_id": key or f"key-{correlation}",
            "correlation_id": correlation,
            "reply_to": self.reply_to,
            "delivery_mode": 2,
        } | properties
        given["application_headers"] = HEADERS | (properties.get("application_headers") or {})
        given = {name: value for name, value in given.items() if value is not None}
        self.channel.basic_publish(
            amqp.Message(data.model_dump_json(), **given), exchange=COMMANDS_EXCHANGE, routing_key=SERVICE
        )
        return correlation

    def answer(self, correlation: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The first answer."""
        self.wait(lambda: correlation in self.answers, f"answer {correlation}", seconds)
        return self.answers[correlation][0]

    def ask(self, data: Command, key: str | None = None, **properties: Any) -> dict[str, Any]:
        """Ask and wait."""
        return self.answer(self.command(data, key, **properties))

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
        """Listen until it holds."""
        end_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end_at, f"waited {seconds:g} s in vain for: {what}"
            self.listen(0.05)

    def listen(self, seconds: float) -> None:
        """Take in answers for so long."""
        with suppress(socket.timeout):
            self.connection.drain_events(timeout=seconds)

    def event(self, event: CloudEvent) -> None:
        """Publish as a service would."""
        outgoing = to_outgoing(to_rows([event])[0])
        self.raw(outgoing.body, outgoing.routing_key, **outgoing.properties)

    def raw(self, body: bytes, routing_key: str, exchange: str = EVENTS_EXCHANGE, **properties: Any) -> None:
        """Publish whatever."""
        self.channel.basic_publish(amqp.Message(body, **properties), exchange=exchange, routing_key=routing_key)

    def depth(self, queue: str) -> int:
        """How many messages are ready in it."""
        with self.connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)

    def take_all(self, queue: str) -> list[Any]:
        """Everything that is ready in it."""
        found = []
        with self.connection.channel() as channel:
            channel.auto_decode = False
            while (message := channel.basic_get(queue, no_ack=True)) is not None:
                found.append(message)
        return found

    def heard(self, queue: str = "gateway.events") -> list[CloudEvent]:
        """Every event that is ready in the queue."""
        return [CloudEvent.model_validate_json(bytes(m.body)) for m in self.take_all(queue)]

    def close(self) -> None:
        """Leave."""
        self.connection.close()

    def _answered(self, message: Any) -> None:
        self.answers.setdefault(message.properties["correlation_id"], []).append(json.loads(bytes(message.body)))


def linked(need_id: str, version: int = 1) -> CloudEvent:
    """An event as charity would have sent it."""
    return to_cloud_event(
        ResourcesLinked(need_id=need_id, version=version, state="partial", area=AREA),
        subject=need_id, version=version, nth=0, time=datetime.now(UTC), area=AREA,
        correlation=f"about-{need_id}", causation="cause", traceparent="",
    )  # fmt: skip


def fill(box: str, amount: int = 1, comment: str = "") -> EvaluateNeed:
    """The command that puts so much into the box."""
    return EvaluateNeed(need_id=box, rating=amount, comment=comment)


__all__ = ["CONTENT_TYPE", "Box", "Proxy", "Room", "Running", "Stranger", "fill", "linked", "room", "until"]


class Proxy:
    """A wire between a service and a server that can be cut, and can go dead without a word."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._target = (parts.hostname or "", parts.port or 0)
        self._door = socket.create_server(("127.0.0.1", 0))
        port = self._door.getsockname()[1]
        login = parts.netloc.rpartition("@")[0]
        self.uri = urlunsplit(parts._replace(netloc=f"{login}{'@' if login else ''}127.0.0.1:{port}"))
        self._open = threading.Event()
        self._flowing = threading.Event()
        self._closed = False
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.restore()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks, and no new one is made."""
        self._open.clear()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Nothing goes through any more, and nobody is told."""
        self._flowing.clear()

    def restore(self) -> None:
        """All is well again."""
        self._open.set()
        self._flowing.set()

    def close(self) -> None:
        """Take it away."""
        self._closed = True
        self.restore()
        self.cut()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for thread in self._threads:
            thread.join(PATIENCE)
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if not self._open.is_set():
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=self._carry, args=(one, other), daemon=True))
                self._threads[-1].start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                self._flowing.wait(PATIENCE)
                sink.sendall(piece)
        except OSError:
            return
        finally:
            for end in (source, sink):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(uri: str) -> Iterator[Proxy]:
    """A wire to the server at `uri`, taken away at the end."""
    made = Proxy(uri)
    try:
        yield made
    finally:
        made.close()


def events_of(box: str, heard: Sequence[CloudEvent]) -> list[int]:
    """The versions of the box that were told, each once, in order."""
    return sorted({e.version for e in heard if e.subject == box and e.source.startswith("/stations/")})
