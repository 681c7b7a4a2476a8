"""A town whose projectors follow its feed: the events sent to them, and the content that their views must have."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import stacks
from bson import CodecOptions, decode, encode
from gateway_events import AREA, event_of, published
from gateway_stack import until
from pymongo import MongoClient
from pymongo.database import Database
from service_processes import ServiceProcess, start_service
from stacks import Isolated, Servers

from services.gateway.declaration import FEATURES
from services.gateway.following.memory import ViewsInMemory
from services.gateway.projection.feed import FeedItem
from shared.contracts import CloudEvent
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.charity.stock import StockView
from shared.contracts.stations.network import StationOpened
from shared.engine.amqp.broker import Publisher, close_quietly, connect
from shared.engine.decide.memory import START
from shared.engine.store.outbox import to_outgoing, to_rows

Document = dict[str, Any]
BATCH: Final = 20
BACKLOG: Final = 15 * BATCH
"""Events."""
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
TAKEN_OVER: Final = 150.0
"""Seconds: a lease of five, a beat, and the processes of a busy machine."""


def events_of(number: int) -> list[CloudEvent]:
    """A station, a need and its link, which takes from one account that all needs share."""
    need_id = f"need_{number:05}"
    station = StationOpened(
        id=f"station_{number:05}", version=1, area=AREA, name=f"Station {number}", level="station", state="open",
        opened_at=START,
    )  # fmt: skip
    account = StockView(
        account_id="acc", version=number, holder_id="s", area=AREA, commodity="c", balance=number, reserved=0
    )
    link = ResourcesLinked(
        need_id=need_id, version=1, state="committed", area=AREA, amounts=(), sources=(), tried=(), waiting=(),
        stock=(account,),
    )  # fmt: skip
    need = published().data.model_copy(update={"need_id": need_id})
    return [
        event_of(station, version=1, subject=station.id),
        event_of(need, version=1, subject=need_id),
        event_of(link, version=1, subject=need_id, minutes=1),
    ]


AS_STORED: Final[CodecOptions[Document]] = CodecOptions(tz_aware=True)
"""A tuple comes back as a list."""


@dataclass
class Town:
    """Projectors on servers of their own, and the events that come to them."""

    room: Isolated
    folder: Path
    database: Database[Document]
    projectors: dict[str, ServiceProcess] = field(default_factory=dict)
    sent: int = 0

    def start(self, name: str, **settings: str) -> None:
        named = {f"LIANSHAN_{setting.upper()}": value for setting, value in settings.items()}
        environment = {**self.room.environment, "LIANSHAN_HEALTH_PORT": "0", **named}
        self.projectors[name] = start_service("gateway.projector", environment, self.folder / f"{name}.log")

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        process = self.projectors.pop(name)
        os.kill(process.pid, number)
        process.wait(20)

    def let_leases_lapse(self) -> None:
        """Have time pass for the leases of those that have died, as the store sees it; nobody may be alive."""
        assert not self.projectors
        for leases in ("leases", "view_partitions"):
            self.database[leases].update_many({}, {"$set": {"until": LONG_AGO}})

    def send(self, batches: int = 1) -> None:
        """Publish the events of the next needs, each twice."""
        connection = connect(self.room.amqp_uri, "a test's services")
        try:
            publisher = Publisher(connection)
            for _ in range(batches):
                events = [e for n in range(self.sent, self.sent + BATCH) for e in events_of(n + 1)]
                self.sent += BATCH
                assert not publisher.publish([to_outgoing(row) for row in to_rows([*events, *events[::7]])])
        finally:
            close_quietly(connection)

    @property
    def events(self) -> int:
        return 3 * self.sent

    def holders(self) -> dict[str, int]:
        """How many partitions each worker holds."""
        found: dict[str, int] = {}
        for row in self.database["view_partitions"].find():
            found[row["holder"]] = found.get(row["holder"], 0) + 1
        return found

    def sequencer(self) -> str:
        """The name of the projector that holds the lease: the one that logged it last."""
        row = self.database["leases"].find_one({"_id": "consumer"})
        assert row is not None
        return str(row["holder"])

    def state(self, name: str = "needs") -> Document:
        return self.database["views"].find_one({"_id": name}) or {}

    def feed(self) -> list[FeedItem]:
        return [FeedItem.from_document(row) for row in self.database["feed"].find().sort("_id", 1)]

    def followed(self) -> bool:
        """Whether every event is in the feed, and every partition has followed it to its end."""
        head = self.database["feed_head"].find_one() or {"last": 0}
        parts = list(self.database["view_partitions"].find())
        lanes = [cursor for part in parts for cursor in part["lanes"].values()]
        return head["last"] == self.events and len(parts) == 16 and set(lanes) == {head["last"]}

    def behind(self) -> int:
        """The events that no partition, or not every partition, has followed yet in its live lane."""
        parts = self.database["view_partitions"].find()
        return self.events - min((max(part["lanes"].values(), default=0) for part in parts), default=0)

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = TAKEN_OVER) -> Any:
        def alive() -> Any:
            for name, process in self.projectors.items():
                assert process.poll() is None, (self.folder / f"{name}.log").read_text()[-3000:]
            return condition()

        return until(alive, what, seconds)

    def views(self, generations: dict[str, int] | None = None) -> dict[tuple[str, str], Document]:
        """Every view that is read, without the engine's own count of writes."""
        found = {}
        for feature in FEATURES:
            for collection in feature.views:
                number = (generations or {}).get(feature.name) or self.state(feature.name)["live"]
                for row in self.database[f"{collection}@{number}"].find({}, {"version": 0}):
                    found[collection, row["_id"]] = row
        return found

    def expected(self) -> dict[tuple[str, str], Document]:
        """The views as one worker makes them of the feed."""
        views = ViewsInMemory(FEATURES, START)
        views.apply(self.feed())
        found: dict[tuple[str, str], Document] = {}
        for (model, thing_id), entity in views.entities.items():
            stored: Document = decode(encode(entity.to_document()), AS_STORED)
            found[model.collection, thing_id] = {name: stored[name] for name in stored.keys() - {"version"}}
        return found


@contextmanager
def running_town(servers: Servers, folder: Path) -> Iterator[Town]:
    """A town without projectors yet, in databases of its own; those that were started are gone at the end."""
    with (
        stacks.isolated(servers, furnished=True) as room,
        MongoClient[Document](room.mongo_uri, tz_aware=True) as client,
    ):
        town = Town(room, folder, client[f"{room.database_prefix}gateway"])
        try:
            yield town
        finally:
            for process in town.projectors.values():
                process.kill()  # also where it stands still, and nothing where it has ended
                process.wait(20)


@contextmanager
def load(town: Town) -> Iterator[threading.Event]:
    """Events keep coming until the block ends, no faster than they are followed: a busy machine gets fewer."""
    over = threading.Event()

    def keep_sending() -> None:
        while not over.wait(0.05):
            if town.behind() < BACKLOG:
                town.send()

    thread = threading.Thread(target=keep_sending)
    thread.start()
    try:
        yield over
    finally:
        over.set()
        thread.join()


def check_feed(town: Town) -> None:
    feed = town.feed()
    assert [item.cursor for item in feed] == list(range(1, town.events + 1))
    assert len({item.event for item in feed}) == town.events


def lowest(town: Town, lane: str) -> int:
    """The cursor up to which every partition has followed the lane; 0 before the first."""
    return min((row["lanes"].get(lane, 0) for row in town.database["view_partitions"].find()), default=0)
