"""The topology on a real broker: drift is found by every command, and put right without losing a message."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import amqp
import pytest
from stacks import Isolated, Servers

from deploy.lianshan.local.folder import Folder
from deploy.lianshan.topology import BrokerState, find_drift, queue_move, read_state, repair
from deploy.lianshan.topology.queue_depth import read_depth
from deploy.lianshan.topology.queue_move import CannotMoveError, carry, lock
from deploy.lianshan.topology.retirement import CannotRetireError, retire
from deploy.lianshan.topology.state import read_by_probing
from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import Outgoing, Publisher, close_quietly, connect
from shared.engine.amqp.former_topology import FORMER_MARK, declare_former, is_former_here, plan_beside_former
from shared.engine.amqp.topology import MARK_TYPE

pytestmark = pytest.mark.integration

QUEUE, DEAD = "charity.events", "charity.events.dead"
KEY = "stations.need.published.11"


@pytest.fixture
def broker(furnished: Isolated) -> Iterator[amqp.Connection]:
    connection = connect(furnished.amqp_uri, "test")
    yield connection
    close_quietly(connection)


@pytest.fixture
def seen(furnished: Isolated, servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """The broker as the management API shows it."""
    monkeypatch.setenv("LIANSHAN_MANAGEMENT_URL", servers.management_url)
    return lambda: read_state(Folder(tmp_path), furnished.amqp_uri)


def anew(broker: amqp.Connection, name: str, *bindings: str, **changes: Any) -> None:
    """The queue with other arguments, as an older version would have declared it."""
    (queue,) = [queue for queue in plan_beside_former() if queue.name == name]
    arguments = {k.replace("_", "-"): v for k, v in changes.items()}
    wanted = {k: v for k, v in ({**queue.arguments, **arguments}).items() if v is not None}
    with broker.channel() as channel:
        channel.queue_delete(name)
        channel.queue_declare(name, durable=True, auto_delete=False, arguments=wanted)
        for key in bindings:
            channel.queue_bind(name, EVENTS_EXCHANGE, key)


def apply_former(broker: amqp.Connection) -> None:
    """The topology that `lianshan topology apply` of release 0.2.0 has left."""
    with broker.channel() as channel:
        declare_former(channel)
        channel.exchange_declare(FORMER_MARK, MARK_TYPE, durable=True, auto_delete=False)


def put(broker: amqp.Connection, queue: str, count: int) -> None:
    letters = [
        Outgoing("", queue, f"body {n}".encode(), {"message_id": f"m{n}", "application_headers": {"n": n}})
        for n in range(count)
    ]
    assert not Publisher(broker).publish(letters)


def held(broker: amqp.Connection, queue: str) -> list[tuple[str, str, int]]:
    found = []
    with broker.channel() as channel:
        channel.auto_decode = False
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            headers = message.properties["application_headers"]
            found.append((bytes(message.body).decode(), message.properties["message_id"], headers["n"]))
    return found


def drift(standing: BrokerState) -> set[tuple[str, str]]:
    return {(found.kind, found.name) for found in find_drift(standing)}


def test_a_declared_topology_shows_no_drift_either_way(broker: amqp.Connection, furnished: Isolated, seen: Any) -> None:
    assert drift(seen()) == set()
    probed = read_by_probing(furnished.amqp_uri)
    assert drift(probed) == set()
    assert probed.bindings is None
    assert seen().facts.version == probed.facts.version


def test_each_kind_of_drift_is_seen_and_put_right_with_every_message(
    broker: amqp.Connection, furnished: Isolated, seen: Any
) -> None:
    apply_former(broker)
    anew(broker, QUEUE, "stations.need.old.#", x_max_length=7000, x_delivery_limit=5)
    anew(broker, DEAD, x_delivery_limit=None, x_overflow=None)
    with broker.channel() as channel:
        channel.queue_delete("stations.commands")
    put(broker, QUEUE, 1200)
    put(broker, DEAD, 3)

    different = {("different queue", QUEUE), ("different queue", DEAD), ("missing queue", "stations.commands")}
    assert drift(read_by_probing(furnished.amqp_uri)) == different
    unbound = {("missing binding", QUEUE), ("stale binding", QUEUE), ("missing binding", "stations.commands")}
    unbound.add(("missing binding", DEAD))
    assert drift(seen()) == different | unbound

    done = repair(broker, seen())
    assert done.left == []
    assert done.created == ["stations.commands"]
    assert done.moved == {QUEUE: 1200, DEAD: 3}
    assert done.unbound == [[EVENTS_EXCHANGE, "stations.need.old.#", QUEUE]]
    assert drift(seen()) == set()
    assert held(broker, QUEUE) == [(f"body {n}", f"m{n}", n) for n in range(1200)]
    assert len(held(broker, DEAD)) == 3


def test_a_queue_whose_service_is_at_work_stays_as_it_is_and_says_what_to_do(
    broker: amqp.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_move, "GONE_SECONDS", 0.1)
    anew(broker, QUEUE, x_max_length=7000)
    put(broker, QUEUE, 2)
    consumer = broker.channel()
    consumer.basic_qos(0, 1, a_global=False)
    taken: list[Any] = []
    consumer.basic_consume(QUEUE, callback=taken.append)
    done = repair(broker)
    assert done.moved == {}
    assert "lianshan pause charity" in done.left[0]
    consumer.close()
    assert len(held(broker, QUEUE)) == 2


def test_a_move_that_was_interrupted_is_finished_by_the_next(broker: amqp.Connection, seen: Any) -> None:
    aside = f"{QUEUE}.moving"
    with broker.channel() as channel:
        channel.queue_declare(aside, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    put(broker, QUEUE, 5)
    assert carry(broker, QUEUE, aside) == 5
    with broker.channel() as channel:
        channel.queue_delete(QUEUE)
    assert drift(seen()) == {("missing queue", QUEUE), ("unfinished move", QUEUE), ("missing binding", QUEUE)}

    assert repair(broker, seen()).moved == {QUEUE: 5}
    assert drift(seen()) == set()
    assert len(held(broker, QUEUE)) == 5


def test_what_the_new_queue_has_no_room_for_stays_where_it_is(broker: amqp.Connection, furnished: Isolated) -> None:
    with broker.channel() as channel:
        channel.queue_declare(
            "narrow", durable=True, auto_delete=False,
            arguments={"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"},
        )  # fmt: skip
    filler = Publisher(broker)
    assert any(filler.publish([Outgoing("", "narrow", b"full", {})]) for _ in range(100)), "it never is full"
    put(broker, QUEUE, 50)
    with pytest.raises(CannotMoveError, match="narrow does not take"):
        carry(other := connect(furnished.amqp_uri, "test"), QUEUE, "narrow")
    close_quietly(other)
    assert len(held(broker, QUEUE)) == 50


def test_events_that_come_while_a_queue_is_made_anew_are_not_lost(
    broker: amqp.Connection, furnished: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew(broker, QUEUE, "stations.need.published.#", x_max_length=7000)
    other = connect(furnished.amqp_uri, "another service")
    publisher, said = Publisher(other), []

    def say(step: Any) -> Any:
        def stepped(*args: Any) -> Any:
            said.append(len(said))
            event = Outgoing(EVENTS_EXCHANGE, KEY, b"x", {"message_id": f"e{said[-1]}"})
            assert not publisher.publish([event]), "nobody took the event"
            return step(*args)

        return stepped

    for name in ("carry", "delete_if_empty", "_declare"):
        monkeypatch.setattr(queue_move, name, say(getattr(queue_move, name)))
    repair(broker)
    with broker.channel() as channel:
        heard = set()
        while (message := channel.basic_get(QUEUE, no_ack=True)) is not None:
            heard.add(message.properties["message_id"])
    assert heard == {f"e{n}" for n in said}
    close_quietly(other)


@pytest.mark.parametrize("at_hand", [True, False], ids=["connections seen", "not seen"])
def test_the_queues_of_the_former_release_go_when_they_are_empty_and_none_of_its_processes_runs(
    broker: amqp.Connection, furnished: Isolated, at_hand: bool
) -> None:
    apply_former(broker)
    former = {"product": "lianshan", "connection_name": "charity consumer"}
    today = {**former, "version": "9"}
    with pytest.raises(CannotRetireError, match="charity consumer") if at_hand else pytest.raises(CannotRetireError):
        retire(broker, [former, today] if at_hand else None, stopped=False)
    assert drift(read_by_probing(furnished.amqp_uri)) == set(), "nothing was deleted"

    put(broker, DEAD, 2)
    other = connect(furnished.amqp_uri, "the operator again")
    steps = {step.name: step for step in retire(other, [today] if at_hand else None, stopped=True)}
    close_quietly(other)
    assert {name: step.outcome for name, step in steps.items() if step.stays} == {DEAD: "holds_messages"}
    assert steps[DEAD].messages == 2
    assert drift(read_by_probing(furnished.amqp_uri)) == {("left-over queue", DEAD)}
    assert len(held(broker, DEAD)) == 2

    assert [step.name for step in retire(broker, [today], stopped=False) if step.outcome == "deleted"] == [DEAD]
    repair(broker)
    assert not is_former_here(broker), "a process of the former release does not start any more"
    assert read_depth(broker, DEAD) is None, "nor are its queues made again"
    assert drift(read_by_probing(furnished.amqp_uri)) == set()


def test_nothing_is_retired_before_the_plan_of_this_release_is_applied(isolated: Isolated) -> None:
    connection = connect(isolated.amqp_uri, "test")
    with pytest.raises(CannotRetireError, match="topology apply"):
        retire(connection, [], stopped=False)
    close_quietly(connection)


def test_only_one_repairs_at_a_time(broker: amqp.Connection, furnished: Isolated) -> None:
    other = connect(furnished.amqp_uri, "another operator")
    lock(other)
    with pytest.raises(CannotMoveError, match="another `lianshan`"):
        repair(broker)
    close_quietly(other)
    repair(broker)


def test_the_password_of_the_management_api_is_asked_for_in_words(
    isolated: Isolated, servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    at = urlsplit(servers.management_url)
    monkeypatch.setenv("LIANSHAN_MANAGEMENT_URL", f"http://nobody:wrong@{at.netloc}")
    with pytest.raises(OSError, match="refuses the user"):
        read_state(Folder(tmp_path), isolated.amqp_uri)
