"""Queues stand before a service starts, and the libraries beneath the engine behave as it counts on."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import amqp
import pytest
from boxes import SERVICE, build
from stacks import Isolated

from shared.engine.amqp.broker import BrokerUnreachableError, Outgoing, Publisher, close_quietly, connect
from shared.engine.amqp.topology import ARCHIVE_STREAM, plan
from shared.engine.run.service import ServiceSpec
from shared.engine.run.startup import check_broker

pytestmark = pytest.mark.integration


def topology(isolated: Isolated, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.engine.amqp.topology", *arguments],
        env={**os.environ, "LIANSHAN_AMQP_URI": isolated.amqp_uri},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def declared(isolated: Isolated, queue: str, **arguments: str) -> None:
    connection = connect(isolated.amqp_uri, "test")
    try:
        connection.channel().queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
    finally:
        close_quietly(connection)


def test_a_service_whose_queues_are_missing_says_what_to_do_instead_of_waiting(isolated: Isolated):
    spec = ServiceSpec(SERVICE, build(), {"boxes": []})
    began = time.monotonic()
    with pytest.raises(BrokerUnreachableError, match=r"run `lianshan topology apply`"):
        check_broker(isolated.amqp_uri, spec.name, spec.queues)
    assert time.monotonic() - began < 10
    isolated.declare()
    check_broker(isolated.amqp_uri, spec.name, spec.queues)


def test_a_service_is_checked_while_the_log_receives_events(isolated: Isolated):
    isolated.declare()
    event = Outgoing("", ARCHIVE_STREAM, b"{}", {"message_id": "one", "delivery_mode": 2})
    over = threading.Event()

    def keep_publishing() -> None:
        connection = connect(isolated.amqp_uri, "test")
        try:
            publisher = Publisher(connection)
            while not over.is_set():
                publisher.publish([event] * 20)
        finally:
            close_quietly(connection)

    spec = ServiceSpec(SERVICE, build(), {"boxes": []})
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(keep_publishing)
        try:
            for _ in range(20):
                check_broker(isolated.amqp_uri, spec.name, spec.queues)
        finally:
            over.set()
        publishing.result(20)


def test_the_topology_is_applied_by_one_command_as_often_as_you_like(isolated: Isolated):
    for _ in range(2):
        done = topology(isolated, "apply")
        assert done.returncode == 0, done.stderr
    connection = connect(isolated.amqp_uri, "test")
    channel = connection.channel()
    for queue in plan():
        channel.queue_declare(queue.name, passive=True)
    connection.close()


def test_a_queue_that_stands_otherwise_is_named_and_left_alone(isolated: Isolated):
    declared(isolated, "charity.events")
    done = topology(isolated, "apply")
    assert done.returncode == 1
    assert "charity.events" in done.stderr
    assert "Traceback" not in done.stderr
    with pytest.raises(amqp.exceptions.PreconditionFailed):
        declared(isolated, "charity.events", **{"x-queue-type": "quorum"})


def test_no_broker_is_told_with_its_address_and_without_its_password():
    with pytest.raises(BrokerUnreachableError, match=r"no RabbitMQ at 127\.0\.0\.1:1/") as error:
        connect("amqp://someone:secret@127.0.0.1:1/", "test")
    assert "secret" not in str(error.value)


COOPERATES = """
import eventlet
eventlet.monkey_patch()
import sys, time
from pymongo import MongoClient
client = MongoClient(sys.argv[1], serverSelectionTimeoutMS=5000)
client.admin.command("ping")
ticks = []
def tick():
    while True:
        ticks.append(time.monotonic())
        eventlet.sleep(0.02)
def wait_for_the_store():
    client.admin.command({"aggregate": 1, "pipeline": [{"$documents": [{"x": 1}]}, {"$project": {
        "y": {"$function": {"body": "function() { sleep(500); return 1 }", "args": [], "lang": "js"}}}}], "cursor": {}})
def ticks_a_second(wait):
    began, before = time.monotonic(), len(ticks)
    wait()
    return (len(ticks) - before) / (time.monotonic() - began)
eventlet.spawn(tick)
for _ in range(2):
    print(ticks_a_second(lambda: eventlet.sleep(0.5)), ticks_a_second(wait_for_the_store))
"""


def test_the_pinned_pymongo_lets_other_green_threads_run_while_it_waits(isolated: Isolated):
    """PyMongo no longer promises it, so each upgrade has to show it."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COOPERATES, isolated.mongo_uri],
        env={**os.environ, "EVENTLET_NO_GREENDNS": "yes"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    alone, beside = (sum(map(float, rates)) for rates in zip(*map(str.split, done.stdout.splitlines()), strict=True))
    assert beside > alone / 3, f"ticks a second, twice: {alone:.0f} beside a pause, {beside:.0f} beside the store"
