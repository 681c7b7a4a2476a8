"""The stage in memory: a calm city without an adversary."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.messages import Command, Query, QueryEnvelope
from shared.engine import Entity
from shared.engine.decide.memory import TESTER
from shared.engine.run.queries import QueryRunner
from shared.engine.store.due_rows import ROW_LEASE_SECONDS
from tests.city.adversary import CALM, Adversary
from tests.city.jobs import runner_of
from tests.city.laws import broken_laws
from tests.city.mongo import Database
from tests.city.services import DECLARATIONS, Sealer
from tests.city.world import World
from tests.stories.stage import WHY, Document, Stage, read_reply


class InMemory(Stage):
    """Plays a story in milliseconds; the laws are checked whenever the story looks."""

    def __init__(self) -> None:
        super().__init__()
        self._world = World(0, Adversary(0, CALM))
        self._sent = 0

    def now(self) -> datetime:
        return self._world.time()

    def send(self, command: Command, actor: Actor = TESTER) -> Document:
        self._sent += 1
        letter = self._world.people.ask(f"c{self._sent}", command, actor=actor)
        self._world.rest()
        answer = letter.answer or {}
        if "error" in answer:
            raise Refused.from_json(answer["error"])
        ok: Document = answer["ok"]
        return ok

    def read(self, query: Query[Any], actor: Actor) -> Document | None:
        store: Any = Database(self._world.services[query.to].memory)
        handlers = DECLARATIONS[query.to].queries(vault=Sealer())
        asked = QueryEnvelope(type=query.type, data=query.model_dump(mode="json"), actor=actor, why=WHY)
        reply = QueryRunner(query.to, handlers, store, self.now).answer(asked.model_dump(mode="json"))
        return read_reply(reply)

    def wait(self, time: timedelta) -> None:
        self._world.run(self._world.now + round(time.total_seconds() * 1000))
        self._world.rest()

    def shown(self, collection: str) -> list[Document]:
        return list(self._world.rows("gateway", collection).values())

    def keep(self, service: str, entity: Entity) -> None:
        self._world.services[service].memory.apply({(entity.collection, entity.id): entity.to_document()})

    def run_jobs(self, steps: int | None = None) -> None:
        runner, left = runner_of(self._world), steps
        while left != 0 and runner.step():
            left = None if left is None else left - 1
        self._world.services["stations"].plan_ahead()
        self._world.rest()
        if steps is not None:
            self.wait(timedelta(seconds=ROW_LEASE_SECONDS + 1))  # until another may have the job

    def until(self, holds: Callable[[], bool], words: str) -> None:
        # Rechecks follow soon after; a story never needs more than a little patience.
        for _ in range(5):
            self._world.rest()
            assert not (broken := broken_laws(self._world)), broken
            if holds():
                return
            self.wait(timedelta(seconds=3))
        raise AssertionError(f"expected that {words}")
