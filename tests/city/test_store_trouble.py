"""The store's trouble is never taken for a message's fault, and a message that is to blame is found nevertheless."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from amqp_stranger import linked
from boxes import INDEXES, SERVICE, build
from pymongo.errors import OperationFailure

from shared.engine.amqp.broker import Delivery
from shared.engine.run.batch import UNLISTED_TRIES
from shared.engine.run.service import ServiceSpec
from shared.engine.store.collections import INBOX
from shared.engine.store.collections import INDEXES as OWN
from shared.engine.store.durability import SETTLED
from shared.engine.store.errors import StoreUnreachableError
from shared.engine.store.outbox import to_outgoing, to_rows
from shared.runtime.clock import MachineTime
from tests.city.mongo import Database
from tests.city.process import NOTHING, SkewedClock, build_processor
from tests.city.store import Document, Memory

SLOW, UNHEARD_OF = 50, 8
EVENTS = f"{SERVICE}.events"


class Ailing(Database):
    """A database whose commands fail with a code where `fails` says so."""

    def __init__(self) -> None:
        super().__init__(Memory("test", {**OWN, **INDEXES}), read_concern=SETTLED)
        self.fails: Callable[[Document], int] = lambda _: 0
        self.batches: list[int] = []
        """The number of messages of each transaction that was begun."""

    def command(self, command: Document, session: Any = None) -> Document:
        if command.get("insert") == INBOX:
            self.batches.append(len(command["documents"][0]["keys"]))
        if code := self.fails(command):
            raise OperationFailure("the store says no", code)
        return super().command(command, session)


class Room:
    """The real processor of the tiny service over such a database."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 4, tzinfo=UTC)
        self.database = Ailing()
        clock = SkewedClock(lambda: self.now, self.seconds, 0.0)
        self.database.memory.now = lambda: self.now
        self.processor = build_processor(ServiceSpec(SERVICE, build(), INDEXES), self.database, clock, lambda _: None)
        self.processor.publisher = NOTHING  # type: ignore[assignment]
        self.processor.outbox = NOTHING  # type: ignore[assignment]

    def seconds(self) -> float:
        return self.now.timestamp()

    def process(self, deliveries: list[Delivery]) -> bool:
        try:
            self.processor.process(deliveries, [])
        except StoreUnreachableError:
            return False
        return True

    def retry(self) -> bool:
        self.now += timedelta(seconds=200)
        return self.process(self.processor.letters.claim_due(MachineTime(self.now)))

    def boxes(self) -> set[str]:
        return set(self.database.memory.collection("boxes").by_id)

    def letters(self) -> list[Document]:
        return list(self.database.memory.collection("letters").by_id.values())


@pytest.fixture
def room() -> Room:
    return Room()


def events(*boxes: str) -> list[Delivery]:
    made = [to_outgoing(to_rows([linked(box)])[0]) for box in boxes]
    return [Delivery(EVENTS, n, o.body, o.properties, o.routing_key, redelivered=False) for n, o in enumerate(made)]


def about(box: str, code: int = UNHEARD_OF) -> Callable[[Document], int]:
    """That code for the commit of this box alone."""

    def fails(command: Document) -> int:
        return code if box in {str(d.get("_id")) for d in command.get("documents", ())} else 0

    return fails


def test_while_the_store_is_slow_the_batch_is_kept_whole_and_nobody_is_blamed(room: Room) -> None:
    batch = events(*(f"box-{n}" for n in range(20)))
    room.database.fails = lambda command: SLOW if "insert" in command else 0
    assert [room.process(batch) for _ in range(10)] == [False] * 10
    assert set(room.database.batches) == {20}, "it was never halved"
    room.database.fails = lambda _: 0
    assert room.process(batch)
    assert len(room.boxes()) == 20
    assert room.letters() == []


def test_a_message_alone_that_meets_an_unlisted_error_while_others_commit_is_parked_with_its_code(room: Room) -> None:
    batch = events(*(f"box-{n}" for n in range(20)))
    room.database.fails = about("box-7")
    tries = [room.process(batch) for _ in range(UNLISTED_TRIES)]
    assert tries == [False] * (UNLISTED_TRIES - 1) + [True]
    assert room.boxes() == {f"box-{n}" for n in range(20)} - {"box-7"}
    (letter,) = room.letters()
    assert (letter["tries"], letter["history"][-1]["code"]) == (1, "unlisted_error")
    assert f"code {UNHEARD_OF}" in letter["history"][-1]["error"]
    for n in range(UNLISTED_TRIES - 1):
        assert "due" in room.letters()[0]
        assert room.process(events(f"another-{n}"))
        while not room.retry():
            pass
    (letter,) = room.letters()
    assert "dead" in letter
    assert letter["tries"] == UNLISTED_TRIES


def test_without_another_commit_in_between_the_store_is_to_blame(room: Room) -> None:
    room.database.fails = about("box")
    while not room.process(events("box")):
        pass
    for _ in range(30):
        room.retry()
    (letter,) = room.letters()
    assert ("dead" in letter, letter["tries"]) == (False, 1)


def test_an_unlisted_error_of_every_commit_is_the_stores_trouble(room: Room) -> None:
    batch = events(*(f"box-{n}" for n in range(16)))
    room.database.fails = lambda command: UNHEARD_OF if command.get("insert") == "boxes" else 0
    assert not any(room.process(batch) for _ in range(12))
    assert room.letters() == []
    halved = [size for size in room.database.batches if size < 16]
    assert len(halved) <= 4 * (4 + UNLISTED_TRIES), "a few looks at halves, never at each message"
    room.database.fails = lambda _: 0
    assert room.process(batch)
    assert len(room.boxes()) == 16


def test_a_fault_of_the_message_by_the_list_is_found_at_once(room: Room) -> None:
    room.database.fails = about("box-7", code=121)
    assert room.process(events(*(f"box-{n}" for n in range(20))))
    assert len(room.boxes()) == 19
    (letter,) = room.letters()
    assert letter["history"][-1]["code"] == "not_committable"
