"""A loop whose servers answer as a test scripts them, in a time that only its pauses and its waits spend."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from math import inf
from types import SimpleNamespace
from typing import Any, Final

import pytest

from shared.engine.amqp.broker import Delivery
from shared.engine.run import loop as loop_module
from shared.engine.run.gathering import NEXT_SECONDS
from shared.engine.run.loop import Loop
from shared.engine.store.collections import EVENTS_KEPT
from shared.engine.store.outbox import SWEEP_LIMIT
from shared.runtime.metrics import EngineMetrics
from tests.city.mongo import Database
from tests.city.store import Memory

BEGUN_AT: Final = 1000.0
"""Seconds of the monotonic clock at which a played loop is made."""
_NUMBERS: Final = count()
BESIDE: Final = ("heartbeat", "refresh", "measure", "sealing", "sweep", "move", "lease", "replicas")


def message(number: int, queue: str = "charity.events") -> Delivery:
    """Return a message that comes for the first time, long after any other."""
    return Delivery(queue, number, b"{}", {"message_id": f"m{number}"}, "key", redelivered=False, received=0.0)


class Played:
    """The servers of one loop: `log` has every call to them in order, `fails` the errors that calls raise in turn."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, movable: bool = False, batch_limit: int = 30, **spec: Any
    ) -> None:
        self.log: list[str] = []
        self.now = BEGUN_AT
        self.pauses: list[float] = []
        self.fails: dict[str, list[Exception | None]] = defaultdict(list)
        self.comes: list[list[Delivery]] = []
        """The deliveries of each look into the queues; after the last one the loop is stopped."""
        self.rows: list[list[dict[str, Any]]] = []
        self.letters: list[list[Delivery]] = []
        self.swept: list[int] = []
        self.after: dict[str, Callable[[], None]] = {}
        """By call: the events beside it."""
        self.paused = False
        self.held = True
        self.stopped = False
        self.processed: list[tuple[list[int], list[str]]] = []
        self.waits: list[tuple[int, int, float]] = []
        self.prefetch: dict[str, int] = {}
        self.collected: list[float] = []
        """The times at which a collection of garbage was offered."""
        self.deleted: list[float] = []
        """When the rows of published events were to be deleted; infinity stands for the end of a connection."""
        self._replace(monkeypatch)
        self.loop = self._make(movable, batch_limit, spec)

    def call(self, name: str, answer: Any = None) -> Any:
        """Note the call, raise the error that is scripted for it, or answer."""
        self.log.append(name)
        self.after.get(name, lambda: None)()
        if self.fails[name] and (error := self.fails[name].pop(0)) is not None:
            raise error
        return answer

    def run(self) -> list[str]:
        """Run the loop until the script ends; return the calls."""
        self.loop.run(self.process)
        return self.log

    def process(self, deliveries: Sequence[Delivery], rows: Sequence[dict[str, Any]]) -> None:
        """Take a batch as one of nameko's workers does."""
        self.processed.append(([d.tag for d in deliveries], [row["_id"] for row in rows]))
        self.call("process")

    # ---- the servers ---------------------------------------------------------------------------------------

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        if wait == NEXT_SECONDS:
            return []  # no event comes close behind another
        self.waits.append((limit, max_bytes, wait))
        self.call("take")
        if not self.comes:
            self.loop.stop()
            return []
        found = self.comes.pop(0)
        self.now += 0 if found else wait
        return found

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        self.call("pause")

    def step(self, apply: Any, received: int) -> None:
        self.apply, self.received = apply, received
        self.call("catch up")

    def connect(self, uri: str, name: str) -> str:
        assert uri == "amqp://broker"
        return str(self.call(f"connect {name}", name))

    def consume(self, connection: str, prefetch: dict[str, int]) -> Any:
        self.prefetch = prefetch
        self.call(f"consume on {connection}")
        return SimpleNamespace(take=self.take, ack=lambda part: part and self.call(f"ack {[d.tag for d in part]}"))

    def _stop(self) -> None:
        self.stopped = True

    def _replace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        said = self.call
        replaced: dict[str, Any] = {
            "monotonic": lambda: self.now,
            "Event": lambda: SimpleNamespace(is_set=lambda: self.stopped, set=self._stop, wait=self.wait),
            "connect": self.connect,
            "close_quietly": lambda connection: said(f"close {connection}"),
            "keep_alive": lambda connection: said(f"heartbeat {connection}"),
            "Publisher": lambda connection: said(f"publish on {connection}", connection),
            "Consumer": self.consume,
            "Processor": self._processor,
            "Control": self._control,
            "Door": lambda *_: SimpleNamespace(
                measure=lambda: said("measure"), admit=lambda found, publisher: found if publisher else []
            ),
            "Replicas": lambda *_: SimpleNamespace(
                refresh=lambda: said("replicas"), leave=lambda: said("leave replicas")
            ),
            "Lease": self._lease,
            "open_catch_up": lambda *_: SimpleNamespace(
                begin=lambda connection: said(f"begin on {connection}"), step=self.step, end=lambda: said("end")
            ),
            "GarbageCollector": lambda: SimpleNamespace(collect=self.collected.append),
            "FormerQueues": lambda *_: SimpleNamespace(move=lambda connection: said(f"move on {connection}")),
        }
        for name, fake in replaced.items():
            monkeypatch.setattr(loop_module, name, fake)

    def _control(self, *_: object) -> Any:
        played = self

        class Control:
            paused = False

            def refresh(self) -> bool:
                played.call("refresh")
                self.paused = played.paused
                return self.paused

        return Control()

    def _lease(self, *_: object) -> Any:
        played = self

        class Lease:
            held = False

            def refresh(self) -> None:
                played.call("lease")
                self.held = played.held

            def leave(self) -> None:
                played.call("leave lease")

        return Lease()

    def _processor(self, spec: Any, *_: object) -> Any:
        def take_due(now: Any, limit: int) -> list[dict[str, Any]]:
            self.limit = limit
            return list(self.call("timers", self.rows.pop(0) if self.rows else []))

        def sweep(publisher: Any) -> int:
            assert publisher == "charity publisher"
            return int(self.call("sweep", self.swept.pop(0) if self.swept else 0))

        return SimpleNamespace(
            spec=spec, publisher=None, process=self.process, metrics=EngineMetrics(f"played-{next(_NUMBERS)}"),
            follow_store=lambda: self.call("sealing"),
            outbox=SimpleNamespace(sweep=sweep, delete_published=lambda now=inf: self.deleted.append(now)),
            timers=SimpleNamespace(take_due=take_due, was_left=lambda row: "left" in row),
            letters=SimpleNamespace(
                claim_due=lambda _: self.call("letters", self.letters.pop(0) if self.letters else [])
            ),
        )  # fmt: skip

    def _make(self, movable: bool, batch_limit: int, spec: dict[str, Any]) -> Loop:
        whole = {
            "name": "charity", "share": None, "fence": None, "companions": (), "vault": None,
            "queues": ["charity.events", "charity.commands"], **spec,
        }  # fmt: skip
        settings = SimpleNamespace(
            movable_clock=movable,
            batch_limit=batch_limit,
            prefetch=40,
            amqp_uri="amqp://broker",
            outbox_mib=100,
            gather_milliseconds=0,
            events_kept=EVENTS_KEPT,
        )
        return Loop(SimpleNamespace(**whole), settings, Database(Memory("charity")))  # type: ignore[arg-type]


def without(log: Sequence[str], *names: str) -> list[str]:
    """Return the calls without those of these names."""
    return [call for call in log if call.partition(" ")[0] not in names]


FULL_SWEEP: Final = SWEEP_LIMIT
