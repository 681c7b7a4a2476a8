"""The retention of a city: the real pass by age, again and again; the adversary may pause or kill it at each call."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from greenlet import greenlet
from pymongo.errors import PyMongoError

from services.stations.needs.retention import OldNeedTexts
from services.stations.screening.retention import OldResults
from services.volunteering.people.retention import EndedInactivities, InactiveVolunteers
from shared.engine.store.durability import SETTLED
from shared.people.retention import Retention, Rule
from tests.city.drawn_apart import HOUR_MS
from tests.city.mongo import Database
from tests.city.process import WALL_SKEW, SkewedClock

if TYPE_CHECKING:
    from tests.city.world import World

PAUSE_MS: Final = 5 * HOUR_MS
"""The pause between two passes; the real one is an hour, and a city has better things to do."""
KEPT_DAYS: Final = 1
"""Days after the end of a need for which its words are kept."""
RESULT_DAYS: Final = 1
"""Days after which the results of screenings are deleted."""
INACTIVE_DAYS: Final = 20
"""Days after which volunteers who have promised nothing are inactive."""


class EndedError(BaseException):
    """The process dies here."""


class Retiring:
    """Deletes the words of old needs, and has inactive volunteers erased."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.working = False
        self.whole: datetime | None = None
        """The beginning of the last pass that came to its end."""
        self._passes = self._calls = 0
        self._greenlet = greenlet(self._pass)

    def begin(self) -> None:
        """Have the first pass follow, and after each the next one."""
        self._world.after(PAUSE_MS, self._start)

    def _start(self) -> None:
        self.begin()
        if not self.working:
            self.working = True
            self._passes, self._calls = self._passes + 1, 0
            self._greenlet = greenlet(self._pass)
            self._greenlet.switch()

    def _pass(self) -> None:
        world, started = self._world, self._world.time()
        clock = SkewedClock(world.time, lambda: world.now / 1000, WALL_SKEW)
        rules: dict[str, list[Rule]] = {
            "stations": [OldNeedTexts(KEPT_DAYS), OldResults(RESULT_DAYS)],
            "volunteering": [InactiveVolunteers(INACTIVE_DAYS), EndedInactivities(INACTIVE_DAYS)],
        }
        try:
            for service, own in rules.items():
                database = Database(world.services[service].memory, self._io, SETTLED)
                retention = Retention(database, clock, own, rest_seconds=0.0)  # type: ignore[arg-type]
                retention.run_pass()
            self.whole = started
        except (EndedError, PyMongoError):
            pass  # the next pass finds the ones that this one has left
        world.services["volunteering"].plan_ahead()  # its timers were written past its replicas
        self.working = False

    def _io(self, call: str) -> None:
        adversary = self._world.adversary
        if adversary.calm:
            return
        self._calls += 1
        trouble, place = adversary.trouble, f"retention {self._passes} {self._calls}"
        share = adversary.share(place)
        if share < trouble.crash and adversary.allow(f"crash {place} {call}"):
            raise EndedError
        if trouble.crash <= share < trouble.crash + trouble.pause and adversary.allow(f"pause {place} {call}"):
            self._world.after(1 + adversary.draw(f"pause {place}") % 400, self._greenlet.switch)
            self._world.hub.switch()
