"""The projectors on real servers: one sequencer writes the feed, several workers share the views, and rebuild them."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import stacks
from gateway_events import AREA, event_of, published
from gateway_stack import until
from pymongo import MongoClient
from pymongo.database import Database
from stacks import Isolated, Servers

from services.gateway.declaration import FEATURES, Registry
from services.gateway.following.memory import ViewsInMemory
from services.gateway.projection.feed import FeedItem
from shared.contracts import CloudEvent
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.charity.stock import StockView
from shared.contracts.stations.network import StationOpened
from shared.engine.amqp.broker import Publisher, close_quietly, connect
from shared.engine.decide.memory import START
from shared.engine.store.outbox import to_outgoing, to_rows

pytestmark = pytest.mark.integration
Document = dict[str, Any]
BATCH: Final = 20
TAKEN_OVER: Final = 45.0
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


@dataclass
class Town:
    """Projectors on servers of their own, and the events that come to them."""

    room: Isolated
    folder: Path
    database: Database[Document]
    projectors: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    sent: int = 0

    def start(self, name: str, **settings: str) -> None:
        named = {f"LIANSHAN_{setting.upper()}": value for setting, value in settings.items()}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.projectors[name] = subprocess.Popen(
                [sys.executable, "-m", "services.gateway.projector"],
                env={**self.room.environment, "LIANSHAN_HEALTH_PORT": "0", **named}, stderr=log,
            )  # fmt: skip

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        process = self.projectors.pop(name)
        os.kill(process.pid, number)
        process.wait(20)

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
        shown = ((model, entity.to_document()) for (model, _), entity in views.entities.items())
        return {(m.collection, d["_id"]): {k: v for k, v in d.items() if k != "version"} for m, d in shown}


@pytest.fixture
def town(servers: Servers, tmp_path: Path) -> Iterator[Town]:
    with (
        stacks.isolated(servers, furnished=True) as room,
        MongoClient[Document](room.mongo_uri, tz_aware=True) as client,
    ):
        town = Town(room, tmp_path, client[f"{room.database_prefix}gateway"])
        try:
            yield town
        finally:
            for process in town.projectors.values():
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
                process.wait(20)


@contextmanager
def load(town: Town) -> Iterator[threading.Event]:
    """Events keep coming until the block ends."""
    over = threading.Event()

    def keep_sending() -> None:
        while not over.wait(0.05):
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


def test_two_projectors_share_the_partitions_and_the_last_one_takes_all(town: Town) -> None:
    town.start("one")
    town.send(5)
    town.wait(town.followed, "one follows alone")
    town.start("two")
    town.wait(lambda: sorted(town.holders().values()) == [8, 8], "they share")
    town.send(5)
    town.wait(town.followed, "both follow")
    town.kill("one", signal.SIGTERM)
    town.wait(lambda: list(town.holders().values()) == [16], "the other has all")
    town.send(5)
    town.wait(town.followed, "the other follows alone")
    check_feed(town)
    assert town.views() == town.expected()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_another_takes_over_when_the_sequencer_dies_or_stands_still_under_load(town: Town, end: signal.Signals) -> None:
    town.start("one")
    town.wait(lambda: town.database["leases"].find_one({"holder": {"$ne": ""}}), "one has the lease")
    first = town.sequencer()
    town.start("two")
    with load(town):
        town.wait(lambda: town.database["feed_head"].find_one({"last": {"$gt": 300}}), "the load is under way")
        os.kill(town.projectors["one"].pid, end)
        stopped = town.projectors.pop("one")
        town.wait(lambda: town.sequencer() not in {"", first}, "the other has the lease")
        before = (town.database["feed_head"].find_one() or {})["last"]
        town.wait(lambda: (town.database["feed_head"].find_one() or {})["last"] > before + 300, "it goes on")
        os.kill(stopped.pid, signal.SIGCONT)  # believes for a moment that it holds the lease
    town.wait(town.followed, "all is followed")
    stopped.kill()
    stopped.wait(20)
    check_feed(town)
    assert town.views() == town.expected()


@pytest.mark.parametrize("point", ["before_view_commit", "after_view_commit", "before_commit", "after_commit"])
def test_a_projector_that_dies_at_a_commit_goes_on_without_a_loss_or_a_repetition(town: Town, point: str) -> None:
    town.start("one", failpoints=f"{point}=kill@3")
    dying = town.projectors.pop("one")

    def is_dead() -> bool:
        if dying.poll() is None:
            town.send()
        return dying.poll() is not None

    town.wait(is_dead, "it dies")
    town.start("again")
    town.wait(town.followed, "all is followed", 60)
    check_feed(town)
    assert town.views() == town.expected()


def test_a_rebuild_under_load_equals_the_live_view_and_is_never_read_half(town: Town) -> None:
    town.start("one")
    town.start("two")
    town.send(20)
    town.wait(town.followed, "all is followed", 40)
    least = town.sent
    seen: list[int] = []
    with load(town) as over:
        reader = threading.Thread(target=lambda: _read(town, over, seen))
        reader.start()
        for name in ("needs", "stock"):
            Registry(town.database, FEATURES).rebuild(name, by="a test")
        town.wait(lambda: town.state()["live"] == town.state("stock")["live"] == 2, "both are switched", 60)
        # The last generation is kept up to date for readers who have not noticed yet.
        assert town.state()["retired"] == 1
    reader.join()
    town.wait(town.followed, "all is followed", 40)
    assert seen == sorted(seen)
    assert seen[0] >= least
    assert town.views() == town.views({"needs": 1, "stock": 1}) == town.expected()
    assert set(town.database["needs@2"].index_information()) == set(town.database["needs@1"].index_information())


def test_a_rebuild_that_was_interrupted_goes_on_where_it_stood(town: Town) -> None:
    town.start("one")
    town.send(40)
    town.wait(town.followed, "all is followed", 40)
    registry = Registry(town.database, FEATURES)
    registry.rebuild("needs", by="a test")
    town.wait(lambda: _lowest(town, "needs@2") > 0, "the rebuild is under way")
    town.kill("one")
    stood = _lowest(town, "needs@2")
    town.start("one")
    town.wait(lambda: _lowest(town, "needs@2") > 0, "it is there")
    assert _lowest(town, "needs@2") >= stood
    town.wait(lambda: town.state()["live"] == 2, "it is switched", 60)
    town.send()
    town.wait(town.followed, "all is followed")
    assert town.views() == town.expected()


def test_a_rebuild_that_is_abandoned_leaves_the_live_view_and_nothing_else(town: Town) -> None:
    town.start("one")
    town.send(40)
    town.wait(town.followed, "all is followed", 40)
    registry = Registry(town.database, FEATURES)
    registry.rebuild("needs", by="a test")
    town.wait(lambda: "needs@2" in town.database.list_collection_names(), "it has begun")
    registry.abandon("needs")
    town.wait(lambda: "needs@2" not in town.database.list_collection_names(), "it is gone")
    town.send()
    town.wait(town.followed, "all is followed")
    assert town.views({"needs": 1}) == town.expected()


def test_a_view_that_is_new_in_a_release_is_built_from_the_events_so_far(town: Town) -> None:
    town.start("one")
    town.send(5)
    town.wait(town.followed, "all is followed")
    town.kill("one", signal.SIGTERM)
    # As a release without the view has left the store.
    town.database["views"].delete_one({"_id": "needs"})
    town.database.drop_collection("needs@1")
    town.database["view_partitions"].update_many({}, {"$unset": {"lanes.needs@1": ""}})
    Registry(town.database, FEATURES).prepare()
    assert (town.state()["live"], town.state()["building"]) == (0, 1)
    town.start("one")
    town.wait(lambda: town.state()["live"] == 1, "it is read", 40)
    assert town.views() == town.expected()


def test_a_view_that_cannot_be_changed_by_an_event_goes_on_without_it(town: Town) -> None:
    town.start("one")
    town.send()
    town.wait(town.followed, "all is followed")
    # As no release has stored it.
    town.database["needs@1"].update_one({"_id": "need_00001"}, {"$set": {"timeline": "not a list"}})
    again = events_of(1)[2]
    data = again.data.model_copy(update={"version": 2})
    connection = connect(town.room.amqp_uri, "a test's services")
    event = event_of(data, version=2, subject="need_00001", minutes=2)
    Publisher(connection).publish([to_outgoing(row) for row in to_rows([event])])
    close_quietly(connection)
    skip = town.wait(town.database["view_skips"].find_one, "it is skipped")
    assert (skip["lane"], skip["type"]) == ("needs@1", "charity.link.linked")
    Registry(town.database, FEATURES).rebuild("needs", by="a test")
    town.wait(lambda: town.state()["live"] == 2, "the repaired view is read", 40)
    assert town.views() == town.expected()


def _read(town: Town, over: threading.Event, seen: list[int]) -> None:
    while not over.wait(0.02):
        live = town.state()["live"]
        seen.append(town.database[f"needs@{live}"].count_documents({"seen": {"$gt": 0}}))


def _lowest(town: Town, lane: str) -> int:
    return min((row["lanes"].get(lane, 0) for row in town.database["view_partitions"].find()), default=0)
