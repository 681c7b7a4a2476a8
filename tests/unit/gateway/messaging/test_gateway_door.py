"""The gateway's door: commands are refused before RabbitMQ's own alarm, and never by a guess."""

import asyncio
from typing import Any

import pytest
from broker_node import broker_node, metrics

from services.gateway.http.problems import from_refusal
from services.gateway.messaging import broker_room
from services.gateway.messaging.broker_room import Room, fetch_room, find_shortage, read_room
from services.gateway.messaging.door import Door
from shared.contracts import Refused


class Broker:
    """RabbitMQ as the gateway's connection feels it."""

    def __init__(self, *, blocked: bool = False) -> None:
        self.blocked = blocked

    async def is_blocked(self) -> bool:
        return self.blocked


class Rows:
    """The operator's rows."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {"door": "left by a process that is gone"}

    def __getitem__(self, _: str) -> "Rows":
        return self

    async def update_one(self, rule: dict[str, Any], news: list[dict[str, Any]], *, upsert: bool) -> None:
        assert upsert
        self.shown[rule["_id"]] = news[0]["$set"]["code"]

    async def delete_one(self, rule: dict[str, Any]) -> None:
        self.shown.pop(rule["_id"], None)


def door_of(*urls: str, blocked: bool = False) -> tuple[Door, Rows]:
    rows = Rows()
    return Door(urls, None, Broker(blocked=blocked), rows), rows  # type: ignore[arg-type]


def test_the_room_of_a_node_is_read_from_its_metrics() -> None:
    with broker_node(metrics(free=1.25e9, used=9e8)) as node:
        assert fetch_room(node.url, None) == Room(disk=0.8, memory=0.9)
    assert read_room("rabbitmq_up 1\n") is None
    assert read_room(metrics(free=0)) == Room(disk=1.0, memory=0.2)


def test_an_endless_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_room, "MOST_BYTES", 100)
    with broker_node("x" * 10_000) as node, pytest.raises(TimeoutError):
        fetch_room(node.url, None)


@pytest.mark.parametrize(
    ("rooms", "before", "found"),
    [
        ([Room(0.79, 0.2)], None, None),
        ([Room(0.1, 0.1), Room(0.8, 0.2)], None, "broker_disk_low"),
        ([Room(0.71, 0.2)], "broker_disk_low", "broker_disk_low"),
        ([Room(0.69, 0.2)], "broker_disk_low", None),
        ([Room(0.1, 0.85)], None, "broker_memory_short"),
        ([Room(0.75, 0.75)], "broker_memory_short", "broker_memory_short"),
        ([], "broker_disk_low", None),
    ],
)
def test_the_fullest_node_decides_and_the_door_does_not_swing(
    rooms: list[Room], before: str | None, found: str | None
) -> None:
    assert find_shortage(rooms, before) == found


def test_commands_are_refused_with_503_before_the_disk_alarms_and_taken_again_afterwards() -> None:
    async def play() -> None:
        with broker_node(metrics(free=1.2e9)) as full, broker_node(metrics()) as free:
            door, rows = door_of(free.url, full.url)
            await door.look()
            assert rows.shown == {"door": "broker_disk_low"}
            with pytest.raises(Refused) as refused:
                door.admit()
            problem = from_refusal(refused.value)
            assert (problem.status, problem.headers["Retry-After"], problem.rule) == (503, "30", "broker_short_of_room")
            full.text = metrics()
            await door.look()
            door.admit()
            assert rows.shown == {}

    asyncio.run(play())


def test_a_blocked_connection_closes_the_door_where_no_metrics_are_known() -> None:
    async def play() -> None:
        door, rows = door_of(blocked=True)
        await door.look()
        assert (door.closed_by, rows.shown) == ("broker_blocked", {"door": "broker_blocked"})

    asyncio.run(play())


@pytest.mark.parametrize(("text", "status"), [("rabbitmq_up 1\n", 200), ("", 503)])
def test_metrics_that_say_nothing_are_no_reason_to_refuse(text: str, status: int) -> None:
    async def play() -> None:
        with broker_node(text, status) as node:
            door, rows = door_of(node.url, "http://127.0.0.1:1/metrics")
            await door.look()
        door.admit()
        assert rows.shown == {}

    asyncio.run(play())
