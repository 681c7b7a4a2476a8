"""The boxes of the engine's tests: the handlers of a tiny service, for processes that shall load little else."""

from datetime import timedelta
from typing import Any, ClassVar, Final

from shared.contracts import Refused, Timer
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.stations.needs import CancelNeed, EvaluateNeed, PublishNeed
from shared.contracts.stations.network import StationOpened
from shared.engine import TURN, Entity, Get, Handlers, HandlerTable, Handling, Incoming, UnitOfWork

AREA = "110102009017"
SERVICE = "stations"
BROKEN = "broken"
"""Boxes of such a name fail."""
INDEXES: dict[str, list[Any]] = {"boxes": []}


class Box(Entity):
    """Counts the things put in."""

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
