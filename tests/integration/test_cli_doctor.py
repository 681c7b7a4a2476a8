"""`lianshan doctor` over a running stack: no finding where nothing is wrong, and each fault with its remedy."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from failed_messages import keep
from lianshan_command import lianshan
from pymongo import MongoClient
from stacks import RunningStack
from waiting import eventually

from shared.engine.amqp.broker import close_quietly, connect
from shared.runtime.control import show_closed_door, show_open_door

pytestmark = pytest.mark.integration

LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
HEARTBEAT_SECONDS = 600
"""The doctor takes longer than a service's heartbeat on a busy machine."""
LATER = datetime.now(UTC) + timedelta(days=1)


def doctor(stack: RunningStack, *arguments: str) -> tuple[int, list[dict[str, str]]]:
    done = lianshan(stack.environment, "doctor", "--json", "--lang", "en", *arguments)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["findings"]


def wrong(findings: list[dict[str, str]]) -> dict[str, str]:
    return {f["check"]: f["text"] for f in findings if f["level"] == "failed"}


@contextmanager
def hurt(stack: RunningStack) -> Iterator[None]:
    """An index dropped, a letter dead, a batch stuck in an outbox that nobody sweeps, a binding and a queue astray."""
    connection = connect(stack.addresses["amqp_uri"], "test", HEARTBEAT_SECONDS)
    channel = connection.channel()
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        stuck = {"_id": ObjectId.from_datetime(LONG_AGO), "at": LONG_AGO, "lease": LATER, "messages": []}
        client["charity"]["outbox"].insert_one(stuck)
        failing = {"_id": "fails", "due": LATER, "type": "volunteering.staffing_due", "data": {}, "attempts": 3}
        client["volunteering"]["timers"].insert_one(failing)
        client["stations"]["areas"].drop_index("children")
        client["stations"]["areas"].create_index("name", name="mine")
        keep(client["stations"], "stations.events", b"x", id="doctor")
        show_closed_door(client["gateway"], "broker_disk_low")
        client["gateway"]["control"].update_one({"_id": "door"}, {"$set": {"at": LATER}})
        channel.queue_bind("charity.events", "lianshan.events", "stations.need.stale.#")
        try:
            yield
        finally:
            channel.queue_unbind("charity.events", "lianshan.events", "stations.need.stale.#")
            client["stations"]["letters"].delete_many({})
            show_open_door(client["gateway"])
            client["charity"]["outbox"].delete_one({"_id": stuck["_id"]})
            client["volunteering"]["timers"].delete_one({"_id": "fails"})
            client["stations"]["areas"].drop_index("mine")
            client["stations"]["areas"].create_index([("parent", 1), ("_id", 1)], name="children")
            close_quietly(connection)


def test_a_stack_that_is_well_passes_every_check(stack: RunningStack) -> None:

    def look() -> list[dict[str, str]]:
        code, findings = doctor(stack, "--quick")
        assert (code, wrong(findings)) == (0, {})
        return findings

    findings = eventually(look, 180)  # a part that an earlier test has disturbed recovers soon
    assert {f["check"] for f in findings if f["level"] == "ok"} >= {
        "versions", "clock", "disk", "accounts", "topology", "indexes", "processes", "pauses", "outbox", "timers",
        "dead letters", "views",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["doctor", "--quick"], ["检查项", "正常", "没有死信", "未核对"]),
        (["status"], ["进程", "运行中", "没有死信", "网关："]),
        (["views", "list"], ["视图", "已就绪"]),
        (["dlq", "list"], ["没有死信"]),
    ],
)
def test_each_report_is_worded_in_chinese(stack: RunningStack, arguments: list[str], words: list[str]) -> None:

    def look() -> None:
        done = lianshan(stack.environment, *arguments, "--lang", "zh")
        assert [word for word in words if word not in done.stdout] == [], done.stdout + done.stderr

    eventually(look)


def test_each_illness_is_found_and_the_laws_are_held_against_the_stores(stack: RunningStack) -> None:
    with hurt(stack):
        code, findings = doctor(stack)
        status = lianshan(stack.environment, "status", "--lang", "en")
    assert "the door of gateway is closed, commands get 503: RabbitMQ's disk is nearly at its limit" in status.stdout
    assert "1 timer of volunteering fails again and again (volunteering.staffing_due)" in status.stdout
    assert (code, status.returncode) == (1, 1)
    texts = [f"{f['level']} {f['text']}" for f in findings]
    for words in (
        "failed stations.areas lacks the index children",
        "warning stations.areas has the index mine",
        "failed batches of charity's events that wait for longer than a minute: 1",
        "failed stations.events: 1 message is a dead letter",
        "failed the door of gateway is closed",
        "failed 1 timer of volunteering fails again and again (volunteering.staffing_due)",
        "failed charity.events: is bound to lianshan.events with stations.need.stale.#",
    ):
        assert any(text.startswith(words) for text in texts), (words, texts)
    assert {"L1", "L2", "L3", "L4"} <= {f["check"] for f in findings}
    assert all(f["next"] for f in findings if f["level"] != "ok")
