"""Messages that 0.2 puts into its queues of dead letters leave them when the store has them, and only then."""

from collections import defaultdict
from typing import Any

import amqp
import pytest
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from shared.engine.decide.memory import START
from shared.engine.run import former_queues as former_module
from shared.engine.run.former_queues import PAGE, FormerQueues
from shared.engine.store.collections import INDEXES, LETTERS
from tests.city.mongo import Database
from tests.city.store import Memory

EVENTS, COMMANDS = "charity.events", "charity.commands"


class Broker:
    """The former queues: `lies` has the messages in each, `fails` the error that a queue answers with."""

    def __init__(self) -> None:
        self.lies: dict[str, list[amqp.Message]] = defaultdict(list)
        self.fails: dict[str, Exception] = {}
        self.log: list[Any] = []
        self.is_open = True
        self.taken = 0

    def channel(self) -> "Broker":
        self.auto_decode, self.taken = True, 0
        self.log.append("open")
        return self

    def basic_get(self, queue: str) -> amqp.Message | None:
        assert not self.auto_decode, "a body stays bytes"
        if queue in self.fails:
            raise self.fails[queue]
        if self.taken == len(self.lies[queue]):
            return None
        self.taken += 1
        found = self.lies[queue][self.taken - 1]
        found.delivery_info = {"delivery_tag": self.taken}
        return found

    def basic_ack(self, tag: int, *, multiple: bool) -> None:
        self.log.append((tag, multiple))

    def close(self) -> None:
        self.log.append("close")


class Clock:
    def machine(self) -> Any:
        return START


class Former:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.broker = 100.0, Broker()
        monkeypatch.setattr(former_module, "monotonic", lambda: self.now)
        self.database: Any = Database(Memory("charity", INDEXES))
        self.queues = FormerQueues([EVENTS, COMMANDS], self.database, None, Clock())  # type: ignore[arg-type]

    def move(self, seconds: float = 5.0) -> list[Any]:
        self.now += seconds
        self.broker.log.clear()
        self.queues.move(self.broker)  # type: ignore[arg-type]
        return self.broker.log

    def letters(self) -> list[str]:
        return [row["_id"] for row in self.database[LETTERS].find({})]


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> Former:
    return Former(monkeypatch)


def message(name: str, body: bytes | str = b"{}", **headers: Any) -> amqp.Message:
    return amqp.Message(body, message_id=name, application_headers=headers)


def test_dead_letters_are_stored_then_acknowledged_together_queue_by_queue(former: Former):
    former.broker.lies = defaultdict(list, {
        f"{EVENTS}.dead": [message("a#1"), message("a#2", "{}")], f"{COMMANDS}.dead": [message("k1")],
    })  # fmt: skip
    with capture_logs() as lines:
        assert former.move() == ["open", (2, True), "close", "open", (1, True), "close"]
    assert former.letters() == [f"{EVENTS}/a#1", f"{EVENTS}/a#2", f"{COMMANDS}/command:k1"]
    assert [(line["queue"], line["letters"]) for line in lines] == [(EVENTS, 2), (COMMANDS, 1)]
    letter = former.database[LETTERS].find_one({"_id": f"{EVENTS}/a#1"})
    assert (letter["dead"], letter["kind"]) == (START, "event")


def test_an_empty_queue_is_looked_at_every_five_seconds_and_nothing_is_acknowledged(former: Former):
    assert former.move() == ["open", "close", "open", "close"]
    assert former.move(4.9) == []
    assert former.move(0.1) == ["open", "close", "open", "close"]


def test_what_is_moved_twice_is_stored_once(former: Former):
    former.broker.lies[f"{EVENTS}.dead"] = [message("a#1")]
    former.move()
    former.move()
    assert former.letters() == [f"{EVENTS}/a#1"]


def test_a_page_is_moved_at_once_and_the_rest_later(former: Former):
    former.broker.lies[f"{EVENTS}.dead"] = [message(f"a#{n}") for n in range(PAGE + 5)]
    assert (PAGE, True) in former.move()
    assert len(former.letters()) == PAGE


def test_a_store_that_is_away_leaves_the_messages_in_their_queue(former: Former):
    former.broker.lies[f"{EVENTS}.dead"] = [message("a#1")]

    def away(call: str) -> None:
        raise AutoReconnect(call)

    former.database.io = away
    with pytest.raises(Exception, match="update"):
        former.move()
    assert former.broker.log == ["open", "close"]


@pytest.mark.parametrize(
    ("error", "words"),
    [(amqp.NotFound("gone"), []), (amqp.AccessRefused("no right"), [("former_queue_not_readable", f"{EVENTS}.dead")])],
)
def test_a_queue_that_is_gone_or_not_readable_is_left_alone_from_then_on(
    former: Former, error: Exception, words: list[Any]
):
    former.broker.fails[f"{EVENTS}.dead"] = error
    former.broker.is_open = False  # the broker has closed it
    with capture_logs() as lines:
        assert former.move() == ["open", "open"]
    assert [(line["event"], line["queue"]) for line in lines] == words
    assert former.move() == ["open"]
