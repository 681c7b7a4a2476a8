"""A reader that is away: its queue drops the oldest events, and it fetches them from the log when it is back."""

import pytest
from amqp_stranger import Stranger, fill, linked
from boxes import HANDLERS, SERVICE, count
from engine_support import Room, until

from deploy.lianshan.stores import open_stores
from deploy.lianshan.topology.pausing import repair_with_pauses
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.subscriptions import ARCHIVE_STREAM
from shared.engine import Handlers, Handling, Incoming
from shared.engine.amqp.broker import close_quietly, connect
from shared.engine.amqp.event_log import BrokerLog
from shared.engine.amqp.topology import QueuePlan, plan
from shared.engine.run import catch_up
from shared.engine.run.catch_up import CatchUp
from shared.engine.store import due_rows, lease

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("swept_soon")]
OWN = "stations.events"
SMALL = 40_000
"""Bytes that the queue holds here: some sixty events."""


@pytest.fixture(autouse=True)
def small(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that is full after a minute instead of a day, and looks in proportion."""
    monkeypatch.setattr(BrokerLog, "holds", 60)
    monkeypatch.setattr(CatchUp.__init__, "__kwdefaults__", {**CatchUp.__init__.__kwdefaults__, "every": 5})
    monkeypatch.setattr(catch_up, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(catch_up, "READ_SECONDS", 0.2)
    monkeypatch.setattr(lease, "LEASE_SECONDS", 1)  # of one that died; a reader that lives renews ten times as often
    monkeypatch.setattr(due_rows, "ROW_LEASE_SECONDS", 2)
    (planned,) = [queue for queue in plan() if queue.name == OWN]
    assert planned.arguments["x-overflow"] == "drop-head"
    declare(stranger, planned, {"x-max-length-bytes": SMALL})


def declare(stranger: Stranger, planned: QueuePlan, changes: dict[str, int]) -> None:
    stranger.channel.queue_delete(OWN)
    arguments = {**planned.arguments, **changes}
    stranger.channel.queue_declare(OWN, durable=True, auto_delete=False, arguments=arguments)
    for exchange, key in planned.bindings:
        stranger.channel.queue_bind(OWN, exchange, key)


def test_a_reader_that_was_away_applies_what_its_queue_dropped(here: Room, stranger: Stranger):
    first = here.start(batch_limit=5, prefetch=5)
    stranger.event(linked("before"))
    until(lambda: here.amounts().get("before") == 1, "the first event")
    first.stop()
    for n in range(300):
        stranger.event(linked(f"box-{n}"))
    until(lambda: stranger.depth(ARCHIVE_STREAM) >= 301, "all in the log")
    assert stranger.depth(OWN) < 200, "the queue has dropped its head"
    here.start(batch_limit=5, prefetch=5)
    until(lambda: len(here.amounts()) == 301, "every event to be applied")
    assert set(here.amounts().values()) == {1}, "and each once"
    until(lambda: not position(here)["missing"], "the end of the fetch")
    assert "lost_from" not in position(here)
    assert "ok" in stranger.ask(fill("after"))


def test_two_replicas_that_come_back_share_the_work_and_one_of_them_may_die(here: Room, stranger: Stranger):
    here.start(batch_limit=2, prefetch=2).stop()
    for n in range(400):
        stranger.event(linked(f"box-{n}"))
    dying, _ = here.start(batch_limit=2, prefetch=2), here.start(batch_limit=2, prefetch=2)
    until(lambda: len(here.amounts()) > 150, "some of the way")
    dying.stop()
    until(lambda: len(here.amounts()) == 400, "every event to be applied", 90)
    assert set(here.amounts().values()) == {1}
    until(lambda: not position(here)["missing"], "the end of the fetch")


def test_a_reader_that_keeps_up_never_reads_the_log(here: Room, stranger: Stranger):
    running = here.start(batch_limit=5, prefetch=5)
    for n in range(100):
        stranger.event(linked(f"box-{n}"))
        if n % 10 == 9:
            until(lambda n=n: len(here.amounts()) == n + 1, "these to be applied")  # type: ignore[misc]
    assert not running.loop._catch_up.reading
    assert position(here)["drops"] == 0


def test_a_log_that_no_longer_reaches_back_is_reported(here: Room, stranger: Stranger):
    here.start(batch_limit=5, prefetch=5).stop()
    here.database["log_positions"].update_one({}, {"$set": {"offset": 0, "key": "another log"}})
    for n in range(300):
        stranger.event(linked(f"box-{n}"))
    here.start(batch_limit=5, prefetch=5)
    until(lambda: "lost_from" in position(here), "the report")


def position(here: Room) -> dict[str, object]:
    found: dict[str, object] = here.database["log_positions"].find_one({}) or {}
    return found


def test_a_queue_of_an_earlier_release_is_replaced_beside_a_running_service(here: Room, stranger: Stranger):
    (planned,) = [queue for queue in plan() if queue.name == OWN]
    earlier = {"x-queue-type": "quorum", "x-max-length": 1000, "x-overflow": "reject-publish"}
    declare(stranger, QueuePlan(OWN, earlier, planned.bindings), {})
    running = here.start(batch_limit=1, prefetch=1)
    for n in range(100):
        stranger.event(linked(f"box-{n}"))
    until(lambda: len(here.amounts()) > 10, "some of the way")
    connection = connect(here.isolated.amqp_uri, "operator")
    with open_stores(here.isolated.mongo_uri, here.isolated.database_prefix) as stores:
        done = repair_with_pauses(connection, stores, None, print)
    close_quietly(connection)
    assert (done.left, list(done.moved)) == ([], [OWN])
    until(lambda: len(here.amounts()) == 100, "every event to be applied")
    assert set(here.amounts().values()) == {1}
    until(lambda: running.loop.status == "ready", "the end of the pause to be seen")


def test_an_event_of_the_log_that_ends_its_process_is_alone_in_the_end_and_parked(here: Room, stranger: Stranger):
    here.start(batch_limit=5, prefetch=5).stop()
    for n in range(200):
        stranger.event(linked("deadly" if n == 20 else f"box-{n}"))

    class KilledError(BaseException):
        """The process is gone at once."""

    def die(_: object) -> None:
        raise KilledError

    def handle(message: Incoming[ResourcesLinked]) -> Handling:
        if message.data.need_id == "deadly":
            die(message)
        yield from count(message)

    deaths = 0
    while True:
        running = here.start(Handlers(SERVICE, {**HANDLERS, ResourcesLinked: handle}), batch_limit=5, prefetch=5)
        until(lambda running=running: running.crashed() or len(here.amounts()) == 199, "a death, or all others", 60)  # type: ignore[misc]
        if not running.crashed():
            break
        deaths += 1
        here.let_leases_lapse()
        assert deaths < 15, "the others come through"
    assert deaths > 3
    until(lambda: not position(here)["missing"], "the end of the fetch")
