"""The worker: two threads, one that plans notices along the log and one that sends those that are due."""

from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from typing import Final

from pymongo.database import Database

from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.notices.domain.planning import Rules
from services.volunteering.notices.domain.sending import Way
from services.volunteering.notices.policy import NoticePolicy
from services.volunteering.notices.steps import plan_step
from services.volunteering.worker.adapters.message import Adapter
from services.volunteering.worker.following import SERVICE, Follower
from services.volunteering.worker.links import Links
from services.volunteering.worker.sending import MOST_TOGETHER, Sender
from services.volunteering.worker.settings import WorkerSettings
from shared.engine.decide.schema import Document
from shared.engine.run.plain_process import LOST, Parts
from shared.engine.run.units import Units
from shared.engine.store.sealing import follow_sealing
from shared.runtime.clock import Clock
from shared.runtime.control import Control
from shared.runtime.vault import open_vault

NAME: Final = "volunteering-worker"
CHECKS: Final = ("log", "store")
IDLE_SECONDS: Final = 0.5
"""How often an idle worker looks for notices that are due."""
CONTROL_SECONDS: Final = 1.0
STOP_SECONDS: Final = 10.0


class Worker:
    """Runs until `stop`. Without adapters it makes and sends nothing."""

    def __init__(
        self, settings: WorkerSettings, database: Database[Document], clock: Clock, adapters: Mapping[Way, Adapter]
    ) -> None:
        rules = Rules(NoticePolicy.of(settings), DispatchPolicy.of(settings), MatchingPolicy.of(settings).city_zone)
        self._clock, self._stopping, self._database = clock, Event(), database
        self._control = Control(database, clock, NAME)
        self._vault = open_vault(settings, SERVICE)
        self._parts = Parts("notices", CHECKS, self._stopping)
        self._next_control = 0.0
        units = [Units(database, settings.amqp_uri, clock, "volunteering notices") for _ in CHECKS]
        self._follower = Follower(database, settings.amqp_uri, units[0], plan_step(rules), clock)
        self._sender = (
            None
            if not adapters
            else Sender(
                database, units[1], self._vault, adapters, links=Links(settings.public_url), rules=rules, clock=clock
            )
        )

    def stop(self) -> None:
        """Have `run` return after the work at hand."""
        self._stopping.set()

    def faults(self) -> dict[str, str]:
        """Return the reasons why it is not ready, by the name of the check."""
        return self._parts.faults(silence=self._sender is not None)

    def run(self) -> None:
        """Plan and send until stopped."""
        follower = Thread(target=self._follow, name="log", daemon=True)
        # Before anything is dated: until then the clock is that of this host.
        while not self._stopping.is_set() and not self._parts.guard("store", self._refresh):
            continue
        if self._sender is not None:
            follower.start()
        while not self._stopping.is_set():
            self._parts.guard("store", self._send)
        if self._sender is not None:
            self._sender.close()
        if follower.is_alive():
            follower.join(STOP_SECONDS)

    def _follow(self) -> None:
        while not self._stopping.is_set():
            if self._control.paused:
                self._parts.note("log")
                self._stopping.wait(CONTROL_SECONDS)
            elif not self._parts.guard("log", lambda: self._follower.step(self._stopping.wait)):
                self._follower.close()
        with suppress(*LOST):
            self._follower.leave()

    def _send(self) -> None:
        if monotonic() >= self._next_control:
            self._refresh()
        if self._sender is None or self._control.paused or self._sender.round() < MOST_TOGETHER:
            self._stopping.wait(IDLE_SECONDS)

    def _refresh(self) -> None:
        """Read the pause, the time and the form of seals from the store."""
        self._next_control = monotonic() + CONTROL_SECONDS
        self._control.refresh()
        follow_sealing(self._database, self._vault)
