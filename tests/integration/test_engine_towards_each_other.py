"""Two services whose queues of events are full towards each other: both go on, nothing is lost or done twice."""

import threading
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import pytest
from amqp_stranger import Stranger, linked
from boxes import AREA, INDEXES
from contract_samples import sample_data
from engine_support import Room, Running, until
from pymongo.database import Database

from shared.contracts import to_cloud_event
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.envelope import CloudEvent
from shared.contracts.stations.needs import NeedUnmet
from shared.contracts.subscriptions import ARCHIVE_STREAM
from shared.engine import TURN, Entity, Get, Handlers, HandlerTable, Handling, Incoming
from shared.engine.amqp.event_log import BrokerLog
from shared.engine.amqp.topology import events_queue, plan
from shared.engine.run import catch_up
from shared.engine.run.catch_up import CatchUp
from shared.engine.run.loop import Loop
from shared.engine.run.service import ServiceSpec
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.opening import open_store

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("swept_soon")]

EACH: Final = 150
ANSWERED: Final = "answered-"
FEW: Final = 40
"""Messages that a queue holds here."""
SAMPLE: Final = NeedUnmet.model_validate(sample_data(NeedUnmet.type))
PAIR: Final = ("stations", "charity")


class Box(Entity):
    """Counts the events about it."""

    collection: ClassVar[str] = "boxes"
    amount: int = 0


def tell_charity(message: Incoming[ResourcesLinked]) -> Handling:
    """Count, as stations; answer a first event by one to charity."""
    box_id = message.data.need_id
    yield [Get(Box, box_id)]
    work = yield TURN
    box = work.get(Box, box_id) or Box(id=box_id)
    box = work.put(box.model_copy(update={"amount": box.amount + 1}))
    if not box_id.startswith(ANSWERED):
        work.emit(need_unmet(box_id, box.version), about=box, area=AREA)


def tell_stations(message: Incoming[NeedUnmet]) -> Handling:
    """Count, as charity; answer every event by one to stations."""
    box_id = f"{ANSWERED}{message.data.need_id}"
    yield [Get(Box, box_id)]
    work = yield TURN
    box = work.get(Box, box_id) or Box(id=box_id)
    box = work.put(box.model_copy(update={"amount": box.amount + 1}))
    told = ResourcesLinked(need_id=box_id, version=box.version, state="partial", area=AREA)
    work.emit(told, about=box, area=AREA)


HANDLERS: Final[dict[str, HandlerTable]] = {
    "stations": {ResourcesLinked: tell_charity},
    "charity": {NeedUnmet: tell_stations},
}


def need_unmet(need_id: str, version: int) -> NeedUnmet:
    return SAMPLE.model_copy(update={"need_id": need_id, "version": version})


def unmet(need_id: str) -> CloudEvent:
    return to_cloud_event(
        need_unmet(need_id, 1),
        subject=need_id, version=1, nth=0, time=datetime.now(UTC), area=AREA, correlation="c", causation="x",
        traceparent="",
    )  # fmt: skip


@pytest.fixture
def small(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queues that are full after seconds instead of a day, and looks in proportion."""
    monkeypatch.setattr(BrokerLog, "holds", FEW)
    monkeypatch.setattr(CatchUp.__init__, "__kwdefaults__", {**CatchUp.__init__.__kwdefaults__, "every": 5})
    monkeypatch.setattr(catch_up, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(catch_up, "READ_SECONDS", 0.2)
    for queue in plan():
        if queue.name in map(events_queue, PAIR):
            stranger.channel.queue_delete(queue.name)
            bounded = {**queue.arguments, "x-max-length": FEW}
            stranger.channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=bounded)
            for exchange, key in queue.bindings:
                stranger.channel.queue_bind(queue.name, exchange, key)


def start(here: Room, service: str) -> tuple[Running, "Database[dict[str, Any]]"]:
    settings = here.settings(batch_limit=10, prefetch=10)
    database = open_store(settings, service)
    ensure_indexes(database, INDEXES)
    loop = Loop(
        ServiceSpec(service, Handlers(service, HANDLERS[service]), INDEXES, vault=here.vault), settings, database
    )
    running = Running(loop, threading.Thread(target=loop.run, daemon=True))
    running.thread.start()
    here.loops.append(running)
    return running, database


@pytest.mark.usefixtures("small")
def test_both_drain_although_each_fills_the_others_queue(here: Room, stranger: Stranger) -> None:
    for service in PAIR:
        first, _ = start(here, service)
        until(lambda first=first: first.loop.ready, "its first start")  # type: ignore[misc]
        first.stop()
    for n in range(EACH):
        stranger.event(linked(f"a-{n}"))
        stranger.event(unmet(f"b-{n}"))
    until(lambda: stranger.depth(ARCHIVE_STREAM) >= 2 * EACH, "all in the log")
    assert all(stranger.depth(events_queue(service)) <= FEW for service in PAIR), "both queues are full"

    stores = {service: start(here, service)[1] for service in PAIR}
    answered = {f"{ANSWERED}{letter}-{n}" for letter in "ab" for n in range(EACH)}
    wanted = {"stations": {f"a-{n}" for n in range(EACH)} | answered, "charity": answered}
    for service, database in stores.items():
        until(lambda d=database, s=service: d["boxes"].count_documents({}) == len(wanted[s]), f"{service} to have all")  # type: ignore[misc]
        until(lambda d=database: d["outbox"].count_documents({}) == 0, f"the outbox of {service} to be empty")  # type: ignore[misc]
        assert {box["_id"]: box["amount"] for box in database["boxes"].find()} == dict.fromkeys(wanted[service], 1)
    until(lambda: not any(stranger.depth(events_queue(service)) for service in PAIR), "both queues to be empty")
