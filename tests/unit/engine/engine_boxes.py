"""A tiny service for the engine's own tests: boxes that are filled, and short words for arriving messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final

from pymongo.database import Database

from shared.contracts import CloudEvent, Command, EventData, Refused, Timer, to_cloud_event
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Scope
from shared.engine import TURN, Entity, Get, Handlers, HandlerTable, Handling, Incoming, Query
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.memory import START, MemoryEngine

AREA = "110102009017"


class Box(Entity):
    """Holds a number."""

    collection: ClassVar[str] = "boxes"
    amount: int = 0


class BoxFilled(EventData):
    """Something was put in."""

    type: ClassVar[str] = "boxes.box.filled"
    box_id: str
    amount: int


class Fill(Command):
    """Put an amount into a box; `then` is the fault that follows."""

    to: ClassVar[str] = "boxes"
    type: ClassVar[str] = "Fill"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()
    box_id: str
    amount: int = 1
    then: str = ""


class FillFullest(Command):
    """Put one more into the fullest box."""

    to: ClassVar[str] = "boxes"
    type: ClassVar[str] = "FillFullest"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()


class Remember(Command):
    """Be reminded of a box."""

    to: ClassVar[str] = "boxes"
    type: ClassVar[str] = "Remember"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope()
    box_id: str
    minutes: int = 0


class BoxRemembered(Timer):
    """The reminder."""

    type: ClassVar[str] = "boxes.box_remembered"
    box_id: str


@dataclass(frozen=True)
class Fullest(Query[Box]):
    """The fullest boxes, of at least so much."""

    at_least: int
    model: ClassVar[type[Entity]] = Box
    limit: ClassVar[int] = 2

    @classmethod
    def fetch(cls, database: Database[dict[str, Any]], queries: Sequence["Fullest"]) -> list[list[dict[str, Any]]]:
        """Never called without a server."""
        raise NotImplementedError

    def matches(self, entity: Box) -> bool:
        """Full enough."""
        return entity.amount >= self.at_least

    def rank(self, entity: Box) -> int:
        """Fullest first."""
        return -entity.amount


def fill(message: Incoming[Fill]) -> Handling:
    """Fill a box, then refuse or fail where the command says so."""
    asked = message.data
    yield [Get(Box, asked.box_id)]
    work = yield TURN
    box = work.get(Box, asked.box_id) or Box(id=asked.box_id)
    box = work.put(box.model_copy(update={"amount": box.amount + asked.amount}))
    work.emit(BoxFilled(box_id=box.id, amount=box.amount), about=box, area=AREA)
    work.remind(box.id, work.now + timedelta(hours=1), BoxRemembered(box_id=box.id))
    if asked.then == "refused":
        raise Refused("wrong_state", "closed_box")
    if asked.then == "failed":
        raise RuntimeError("the box fell down")
    return {"amount": box.amount, "version": box.version, "id": work.new_id("fill")}


def fill_fullest(_: Incoming[FillFullest]) -> Handling:
    """Put one into the fullest box."""
    yield [Fullest(1)]
    work = yield TURN
    found = work.find(Fullest(1))
    box = work.put(found[0].model_copy(update={"amount": found[0].amount + 1}))
    return {"id": box.id, "found": [(b.id, b.amount) for b in found]}


def remember(message: Incoming[Remember]) -> Handling:
    """Set a timer, or delete it where it is due in no minutes."""
    work = yield TURN
    box_id = message.data.box_id
    if message.data.minutes:
        work.remind(box_id, work.now + timedelta(minutes=message.data.minutes), BoxRemembered(box_id=box_id))
    else:
        work.forget(box_id)


def fill_remembered(message: Incoming[BoxRemembered]) -> Handling:
    """Put a thousand into the box of a timer."""
    yield [Get(Box, message.data.box_id)]
    work = yield TURN
    box = work.get(Box, message.data.box_id) or Box(id=message.data.box_id)
    work.put(box.model_copy(update={"amount": box.amount + 1000}))


HANDLERS: Final[HandlerTable] = {
    Fill: fill,
    FillFullest: fill_fullest,
    Remember: remember,
    BoxRemembered: fill_remembered,
}


def build() -> Handlers:
    """Return the service's handlers."""
    return Handlers("boxes", HANDLERS)


def batch(engine: MemoryEngine, *messages: Command) -> list[Any]:
    """They arrive together; the outcomes in order."""
    count = len(engine.seen)
    return engine.batch([engine.incoming("command", m, m.type, f"key-{count}-{n}") for n, m in enumerate(messages)])


def event(kind: str = "boxes.box.filled", **changes: Any) -> CloudEvent:
    """An event as some service would have sent it."""
    made = to_cloud_event(
        BoxFilled(box_id="red", amount=1), subject="red", version=1, nth=0, time=START, area=AREA,
        correlation="the-correlation", causation="the-cause", traceparent="",
    )  # fmt: skip
    return made.model_copy(update={"type": kind, **changes})


def delivery(body: bytes, queue: str = "stations.events", routing_key: str = "some.key", **properties: Any) -> Delivery:
    """As it came from the broker."""
    return Delivery(queue, 1, body, properties, routing_key, redelivered=False)
