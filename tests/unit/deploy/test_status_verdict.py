"""The verdict of `lianshan status`: each thing that is not well is named, and nothing else is."""

from typing import Any

import pytest

from deploy.lianshan.cli.status import _print_remarks, _print_tables
from deploy.lianshan.status import Status, find_wrong
from deploy.lianshan.topology.depths import is_of_agency
from shared.engine.amqp.topology import plan
from shared.words import Wording

EN = Wording("en")


def queue(name: str = "charity.events", messages: int | None = 0, consumers: int | None = 1, dead: int = 0) -> Any:
    return {"queue": name, "messages": messages, "consumers": consumers, "retries": 0, "dead_letters": dead}


def service(**changed: Any) -> Any:
    known = {"service": "charity", "events": 0, "oldest_seconds": 0.0, "door": "open", "door_since": ""}
    return known | {"catching_up": False, "lost_at": ""} | changed


def process(state: str = "running", *, ready: bool = True, pid: int | None = 7) -> Any:
    return {"name": "charity", "state": state, "ready": ready, "pid": pid}


PAUSED = {"service": "charity", "since": "2030-01-01T00:00:00+00:00", "by": "op", "why": ""}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Status(queues=[queue(consumers=0)]), "charity.events has no consumer, 0 messages wait"),
        (Status(queues=[queue(messages=12, consumers=0)]), "charity.events has no consumer, 12 messages wait"),
        (Status(queues=[queue(messages=None, consumers=None)]), "charity.events is missing"),
        (Status(queues=[queue(dead=2)]), "charity.events: 2 messages are dead letters"),
        (Status(processes=[process(ready=False)]), "charity is running, not ready"),
        (Status(processes=[process("dead", ready=False, pid=None)]), "charity is dead, not ready"),
        (Status(processes=[process(), process()], supervised=False), "supervisor has ended, 2 processes run on"),
        (Status(outbox=[service(door="events_fill_disk")]), "the door of charity is closed, commands get 503: its ev"),
        (Status(outbox=[service(lost_at="2030-01-01T00:00+00:00")]), "events are lost to it"),
        (
            Status(failing_timers=[{"service": "charity", "type": "charity.due", "count": 3}]),
            "3 timers of charity fail",
        ),
        (Status(unreachable=["LIANSHAN_MONGO_URI: away"]), "no answer: LIANSHAN_MONGO_URI: away"),
    ],
)
def test_each_fault_is_named(found: Status, words: str) -> None:
    (one,) = find_wrong(found)
    assert words in EN.sentence(one.code, one.args)


@pytest.mark.parametrize(
    "found",
    [
        Status(processes=[process()], queues=[queue(messages=40)], outbox=[service()]),
        Status(queues=[queue(consumers=0)], paused=[PAUSED]),
        Status(queues=[queue("charity.events.dead", consumers=0)]),
        Status(outbox=[service(catching_up=True)]),
        Status(agencies=[{"queue": "observer.city", "messages": 3_004, "consumers": 0}]),
    ],
)
def test_a_pause_and_an_agencys_own_affair_are_no_fault(found: Status) -> None:
    assert find_wrong(found) == []


def test_queues_that_are_not_seen_are_not_called_missing() -> None:
    found = Status(queues=[queue(messages=None, consumers=None)], unreachable=["LIANSHAN_AMQP_URI: away"])
    assert [one.code for one in find_wrong(found)] == ["server_unreachable"]


def test_a_paused_service_is_not_called_well_in_json() -> None:
    assert Status(paused=[PAUSED]).to_json([], [])["well"] is False
    assert Status().to_json([], [])["well"] is True


def test_agencies_have_the_queues_that_nobody_of_the_platform_has() -> None:
    ours = {"rpc-charity", "gateway.replies.7", "charity.replies.7", "charity.events.moving", "amq.gen-7"}
    ours |= {"charity.events.retry.5s", "stations.commands.dead", *(queue.name for queue in plan())}
    assert [name for name in ours if is_of_agency(name)] == []
    assert is_of_agency("observer.city.needs")
    assert is_of_agency("charity-reports")


def test_what_was_not_read_is_not_called_empty(capsys: pytest.CaptureFixture[str]) -> None:
    unseen = queue() | {"retries": None, "dead_letters": None}
    away = Status(queues=[unseen], unreachable=["LIANSHAN_MONGO_URI: away"])
    _print_tables(away, EN)
    _print_remarks(away, EN)
    shown = capsys.readouterr().out
    assert "charity.events  0         1\n" in shown
    assert "no dead letters" not in shown
    assert "LIANSHAN_MANAGEMENT_URL" not in shown
    assert away.to_json([], [])["queues"][0]["dead_letters"] is None
