"""Failed messages of the service `boxes`, and its failure handler on a store in memory."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from engine_boxes import BoxRemembered, Fill, delivery

from shared.engine.amqp.claim import Claim
from shared.engine.amqp.decoding import Received
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START
from shared.engine.run.batch import Batch
from shared.engine.run.failures import FailureHandler
from shared.engine.store.letters import Letters
from shared.engine.store.timers import Timers
from tests.city.mongo import Database
from tests.city.store import Memory

NOW, CITY = START, START + timedelta(days=3)
FELL = RuntimeError("the box fell down")
FILLED, FILL = "boxes.box.filled", "Fill"
Row = dict[str, Any]


class Gauges:
    """Counts as the metrics of a service do."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.totals: Counter[str] = Counter()
        self.dead_letters = SimpleNamespace(inc=lambda: self.totals.update(["dead"]))
        self.retries = SimpleNamespace(inc=lambda: self.totals.update(["retried"]))

    def count(self, kind: str, outcome: str) -> None:
        self.counts[kind, outcome] += 1


class Boxes:
    """The failures of the service `boxes`, on a store in memory."""

    def __init__(self) -> None:
        self.database = cast("Any", Database(Memory("boxes")))
        self.metrics = Gauges()
        clock: Any = SimpleNamespace(machine=lambda: NOW, city=lambda: CITY)
        timers, kept = Timers(self.database), Letters(self.database)
        self.handler = FailureHandler("boxes", timers, kept, self.metrics, clock)  # type: ignore[arg-type]
        self.batch = Batch()

    def fail(self, received: Received, error: Exception = FELL) -> list[Row]:
        """Settle one failed message; return the statements."""
        self.batch = Batch(failed=[(received, error)])
        return self.handler.settle(self.batch)

    def garble(self, origin: Any, reason: str = "no JSON") -> list[Row]:
        """Settle one message that cannot be decoded."""
        self.batch = Batch(undecodable=[(origin, reason)])
        return self.handler.settle(self.batch)

    def fill_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Letters, "takes_unasked", lambda _: False)

    @property
    def reply(self) -> Row:
        ((_, body),) = self.batch.replies
        return dict(json.loads(body)["error"])


def an_event(claim: Claim | None = None, **headers: object) -> Received:
    came = delivery(b'{"amount": 1}', "boxes.events", message_id="/boxes/red#1", application_headers=headers)
    came = replace(came, claim=claim)
    message = Incoming("event", "/boxes/red#1", "e1", FILLED, None, START, "the-correlation", "")
    return Received(message, came)


def a_command(claim: Claim | None = None) -> Received:
    came = delivery(b"{}", "boxes.commands", message_id="k1", reply_to="caller")
    came = replace(came, claim=claim)
    message = Incoming("command", "command:k1", "k1", FILL, Fill(box_id="red"), START, "the-correlation", "", "print")
    return Received(message, came)


def a_timer(attempts: int | None = None) -> Received:
    row: Row = {"_id": "red", "due": CITY - timedelta(seconds=1), "type": BoxRemembered.type, "data": {"box_id": "red"}}
    row |= {} if attempts is None else {"attempts": attempts}
    message = Incoming("timer", "timer:red", "red", BoxRemembered.type, None, START, "", "")
    return Received(message, row=row)


def claim(tries: int, *codes: str) -> Claim:
    history = [{"at": START, "code": code, "error": "as before"} for code in codes]
    return Claim("boxes.events//boxes/red#1", START, tries, history)


def kept(statements: list[Row]) -> Row:
    """Return the letter that the one statement stores."""
    (statement,) = statements
    assert statement["upsert"]
    return {"_id": statement["q"]["_id"], **statement["u"]["$setOnInsert"]}


def changed(statements: list[Row]) -> Row:
    """Return the changes that the one statement makes to a claimed letter."""
    (statement,) = statements
    assert statement["q"] == {"_id": "boxes.events//boxes/red#1", "due": START}
    return dict(statement["u"])


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
