"""The worker of jobs in the city: the runner itself, over the stations' store in memory."""

from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.stations.jobs import JOBS
from services.stations.jobs.kinds import KINDS
from shared.engine.run.units import Units
from shared.engine.store.commit import Transaction
from shared.jobs.deciding import Kinds
from shared.jobs.running import Runner
from tests.city.mongo import Database
from tests.city.services import Sealer, spec_of
from tests.city.world import World


class _Clock:
    """The city's one clock."""

    def __init__(self, world: World) -> None:
        self._world = world

    def city(self) -> datetime:
        return self._world.time()

    def machine(self) -> datetime:
        return self._world.time()


class _Units(Units):
    """Leaves its events to the sweep of the service, as where the broker is away."""

    def _publish(self, transactions: Sequence[Transaction]) -> None:
        """Do nothing."""


def runner_of(world: World, kinds: Kinds = KINDS, beside: Executor | None = None) -> Runner:
    """Return a worker that begins now; with `beside` it reads a part ahead."""
    database: Any = Database(world.services["stations"].memory)
    clock: Any = _Clock(world)
    vault: Any = Sealer()
    units = _Units(database, "", clock, "jobs")
    handlers = spec_of("stations", 0, 1).handlers
    zone = ZoneInfo("Asia/Shanghai")
    return Runner(database, units, vault, JOBS, kinds, handlers=handlers, zone=zone, clock=clock, beside=beside)
