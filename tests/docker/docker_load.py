"""Needs one after the other at a steady pace, and how long each took until it was ready."""

import json
import threading
import time
from datetime import datetime
from random import Random

from docker_town import Town
from fault_city import until
from fault_day import Day
from fault_load import Load
from fault_trial import Trial

from shared.contracts.stations.needs import NeedReady

THREADS = 24
"""So many, that those who wait for an answer hold up nobody else."""


class SteadyLoad(Load):
    """`rate` needs a second, each sent by itself."""

    def __init__(self, town: Town, day: Day, rate: float) -> None:
        super().__init__(town, day, THREADS)  # type: ignore[arg-type]
        self.town = town
        self.rate = rate
        self.sent: dict[int, float] = {}
        self._ended, self._left = threading.Event(), threading.Event()
        self._cursor = self._last_cursor()

    def begin(self) -> None:
        """Send them in the background; `finish` waits until the last is answered."""
        plans = list(self.day.needs)
        Random(f"{self.day.seed}/load").shuffle(plans)
        self._tasks.append(self._pool.submit(self._blankets, self.day.blankets[1], "noon"))
        threading.Thread(target=self._feed, args=(plans,), name="steady load", daemon=True).start()

    def wait_for(self, share: float) -> None:
        """Until so much of the needs has been sent, answered or not."""
        until(lambda: self.reached(0.0) and len(self.sent) >= share * self.day.size, f"{share:.0%} of the needs sent")

    def finish(self) -> None:
        """Until everything planned has been done and answered."""
        until(self._ended.is_set, "all needs to be sent", 2 * self.day.size / self.rate + 10)
        super().finish()

    def close(self) -> None:
        """Leave, without sending the rest."""
        self._left.set()
        super().close()

    def delays(self) -> dict[int, float]:
        """Seconds from when a need was first sent until it was ready, for each that became so."""
        ready = self._became_ready()
        return {nth: ready[id_] - self.sent[nth] for nth, id_ in self.ids.items() if id_ in ready}

    def _feed(self, plans: list) -> None:  # type: ignore[type-arg]
        begun = time.monotonic()
        for nth, plan in enumerate(plans):
            if self._left.wait(max(0.0, begun + nth / self.rate - time.monotonic())):
                return
            self.sent[plan.nth] = time.time()
            self._tasks.append(self._pool.submit(self._send, [plan]))
        self._ended.set()

    def _last_cursor(self) -> int:
        with self.town.database("gateway") as database:
            last = database["feed"].find_one(sort=[("_id", -1)])
        return int(last["cursor"]) if last else 0

    def _became_ready(self) -> dict[str, float]:
        found: dict[str, float] = {}
        with self.town.database("gateway") as database:
            asked = {"cursor": {"$gt": self._cursor}, "type": NeedReady.type}
            for item in database["feed"].find(asked).sort("_id", 1):
                event = json.loads(item["event"])
                found.setdefault(event["subject"], datetime.fromisoformat(event["time"]).timestamp())
        return found


class SteadyTrial(Trial):
    """A day at a steady pace, which must end as its replay and never let a need wait for longer than allowed."""

    load: SteadyLoad

    def holds_within(self, seconds: float, what: str) -> None:
        """The laws, and the longest wait from sending a need until it is ready."""
        self.holds()
        delays = sorted(self.load.delays().values())
        assert delays, "no need became ready"
        median, longest = delays[len(delays) // 2], delays[-1]
        print(f"{what}: {len(delays)} needs were ready after {median:.2f} s, at the latest after {longest:.2f} s")
        assert longest < seconds, f"{what}: a need waited for {longest:.1f} s"
