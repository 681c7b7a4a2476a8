"""Commands that fail, come again, are repeated and retried, while processes die and commits stay unknown.

In every case each takes effect once at most, none vanishes, and a caller that repeats a key hears one story.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from amqp_stranger import fill
from boxes import INDEXES as BOXES

from shared.engine.amqp.broker import Delivery
from shared.engine.store.collections import INDEXES
from shared.engine.store.durability import SETTLED
from shared.engine.store.errors import StoreUnreachableError
from shared.runtime.clock import MachineTime
from tests.city.kept import Kept
from tests.city.mongo import Database
from tests.city.process import unknown_outcome
from tests.city.reader import CityReader
from tests.city.store import Memory, Pending
from tests.city.test_given_up import Body, Desk

KEYS: Final = ("first", "second", "third")
"""Each is the key of a command about a box of its own."""
STEPS: Final = 60
CALLS: Final = 25
"""Calls to the store of about one batch: a process dies at one of them."""


class CrashError(BaseException):
    """The process ends here."""


class TroubledDesk(Desk):
    """A desk whose replicas die, and whose commits stay unknown, as the seed says."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.memory = Memory("test", {**INDEXES, **BOXES})
        self.calls_left: int | None = None
        self.unknown = 0
        self.again: list[Delivery] = []
        """Deliveries that were not acknowledged."""
        self.heard: dict[str, list[Body]] = {key: [] for key in KEYS}
        self.retried: set[str] = set()
        calm = Database(self.memory, read_concern=SETTLED)
        super().__init__(Kept(calm, CityReader(calm, {})))
        for nth in range(len(self.replicas)):
            self._restart(nth)

    def ask_for(self, key: str, replica: int) -> None:
        self.handle(replica, replace(self.delivery(key=key), body=fill(key).model_dump_json().encode()))

    def come_again(self, replica: int) -> None:
        if self.again:
            self.handle(replica, self.again.pop(self.chance.randrange(len(self.again))))

    def retry(self, key: str) -> None:
        if self.is_dead(key):
            self.send_back(key)
            self.retried.add(key)

    def handle_due(self, *replicas: int) -> None:
        """Several replicas hold the same letters: the leases have lapsed."""
        now = datetime.now(UTC)
        held = [self.replicas[r].letters.claim_due(MachineTime(now + timedelta(seconds=r + 1))) for r in replicas]
        for replica, deliveries in zip(replicas, held, strict=True):
            self.handle(replica, *deliveries)

    def handle(self, replica: int, *deliveries: Delivery) -> None:
        self.calls_left = self.chance.randrange(CALLS) if self.chance.random() < 0.4 else None
        try:
            for body in self.take(*deliveries, replica=replica) if deliveries else ():
                self.heard[deliveries[0].properties["message_id"]].append(body)
        except CrashError:
            self._restart(replica)
            self._lose(deliveries)
        except StoreUnreachableError:
            self._lose(deliveries)
        finally:
            self.calls_left = None
            for pending in list({id(holder): holder for holder in self.memory.locks.values()}.values()):
                self.memory.end(pending)

    def _lose(self, deliveries: tuple[Delivery, ...]) -> None:
        self.again += [delivery for delivery in deliveries if delivery.claim is None]

    def _restart(self, replica: int) -> None:
        database = Database(self.memory, self._call, SETTLED)
        database.settle = lambda pending: self._settle(database, pending)
        self.replicas[replica] = self._start(database)

    def _call(self, _: str) -> None:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                self.calls_left = None
                raise CrashError

    def _settle(self, database: Database, pending: Pending) -> None:
        if not self.unknown and self.chance.random() < 0.1:
            self.unknown = 2  # as often as the commit is sent
            applied = pending.open and self.chance.random() < 0.5
            self.memory.end(pending)
            if applied:
                pending.applied = True
                self.memory.apply(pending.writes)
        if self.unknown:
            self.unknown -= 1
            raise unknown_outcome()
        database.settle_now(pending)

    # ---- the remains ---------------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        self.broken = False
        while self.again:
            self.come_again(0)
        while self.kept.database["letters"].count_documents({"due": {"$exists": True}}):
            self.handle_due(0)
        while self.again:
            self.come_again(0)

    def filled(self, key: str) -> int:
        box = self.kept.database["boxes"].find_one({"_id": key})
        return 0 if box is None else int(box["amount"])

    def is_dead(self, key: str) -> bool:
        return any(row["id"] == key for row in self.kept.database["letters"].find({"dead": {"$exists": True}}))


def act(desk: TroubledDesk) -> None:
    key, replica = desk.chance.choice(KEYS), desk.chance.randrange(2)
    deeds: dict[str, Any] = {
        "ask": lambda: desk.ask_for(key, replica),
        "again": lambda: desk.come_again(replica),
        "break": lambda: setattr(desk, "broken", True),
        "mend": lambda: setattr(desk, "broken", False),
        "retry": lambda: desk.retry(key),
        "due": lambda: desk.handle_due(replica),
        "both": lambda: desk.handle_due(0, 1),
    }
    deeds[desk.chance.choice(("ask", "ask", *deeds))]()


@pytest.fixture
def lapsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases are over at once."""
    monkeypatch.setattr("shared.engine.store.due_rows.ROW_LEASE_SECONDS", -1)


@pytest.mark.usefixtures("lapsing")
@pytest.mark.parametrize("seed", range(30))
def test_a_command_takes_effect_once_at_most_and_never_vanishes(seed: int) -> None:
    desk = TroubledDesk(seed)
    for _ in range(STEPS):
        act(desk)
    desk.come_to_rest()
    for key in KEYS:
        heard = ["ok" if "ok" in body else str(body["error"]["rule"]) for body in desk.heard[key]]
        assert desk.filled(key) <= 1
        assert desk.is_dead(key) == (bool(heard) and not desk.filled(key)), f"{key} is neither done nor kept: {heard}"
        if "ok" in heard:
            assert set(heard[heard.index("ok") :]) == {"ok"}, "its answer stays"
            assert desk.filled(key) == 1
        if "kept_for_operator" in heard and desk.filled(key):
            assert key in desk.retried, "only the operator's retry does it after all"
