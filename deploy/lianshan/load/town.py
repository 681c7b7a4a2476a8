"""The invented town of a load, made up from a seed.

It lies in a province that does not exist, so that no real supply is used, and everything in it is marked: names and
titles begin with `Load`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from random import Random
from typing import Final

from deploy.lianshan.clock.calendar import CITY_ZONE
from shared.runtime.clock import machine_now

Body = dict[str, object]
"""A JSON object."""

PROVINCE: Final = "99"
COMMUNITIES: Final = 10
SLOTS: Final = 200
"""Slots of an hour that the needs of a community take in turn."""
NEEDS_A_PERSON: Final = 40
"""Needs of a run for each volunteer. Nobody has more than 60 promised slots, and the nearest are given theirs first."""
SLOTS_A_DAY: Final = 2
"""Within the bounds of standing acceptance: by day, and 20 hours a week at most."""
LEAST_VOLUNTEERS: Final = 5
"""Volunteers of a community at least."""
PLENTY: Final = 10**6
"""Bags of rice in each station's stock: more than a run can use."""
MARK: Final = "Load"
ITEM, UNIT, SKILL = "rice", "bag_5kg", "delivery"


@dataclass(frozen=True)
class Post:
    """A call that creates something; by its idempotency `key` it is created once."""

    path: str
    body: Body
    key: str


@dataclass
class Town:
    """The town of a seed. `run` keeps this run's goods and people apart from an earlier one's; places stay the same."""

    seed: int
    run: str
    needs: int
    """The needs that will be published: there must be people enough for each."""
    now: datetime = field(default_factory=machine_now)
    """The time of the city (UTC); its needs are due some days later."""

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed}/{self.run}")
        self.first_slot = (self.now + timedelta(days=2)).astimezone(CITY_ZONE).replace(hour=10, minute=0, second=0)
        city = f"{PROVINCE}{self.seed % 100:02d}"
        self.street = f"{city}01001"
        self.communities = [f"{self.street}{nth:03d}" for nth in range(1, COMMUNITIES + 1)]
        self.areas = [city[:2], city, f"{city}01", self.street, *self.communities]

    def register(self) -> Post:
        """Return the call that registers the areas."""
        rows = [{"code": code, "name": f"{MARK} {code}"} for code in self.areas]
        return Post("/v1/areas:batch", {"rows": rows}, f"load-areas-{self.seed}")

    def stations(self) -> list[Post]:
        """Return the calls that open the stations, one in each community."""
        return [
            Post("/v1/stations", {"area": area, "name": f"{MARK} station {nth}", "level": "station"}, f"load-{area}")
            for nth, area in enumerate(self.communities)
        ]

    def supply(self, stations: list[str]) -> Iterator[Post]:
        """Yield the calls that give goods and register people enough for every need, new ones for each run."""
        for nth, station in enumerate(stations):
            goods = [{"item": ITEM, "quantity": PLENTY, "unit": UNIT}]
            yield Post("/v1/donations", {"station_id": station, "goods": goods}, f"load-{self.run}-goods-{nth}")
        people = max(LEAST_VOLUNTEERS, ceil(self.needs / COMMUNITIES / NEEDS_A_PERSON))
        for nth in range(COMMUNITIES):
            for one in range(people):
                yield Post("/v1/volunteers", self._volunteer(nth, one), f"load-{self.run}-person-{nth}-{one}")

    def need(self, nth: int, stations: list[str]) -> Post:
        """Return the call that publishes the nth need: goods and one volunteer, which the town has."""
        community = nth % COMMUNITIES
        # Each volunteer serves one need a slot: needs of a community take the slots in turn.
        day, hour = divmod(nth // COMMUNITIES % SLOTS, SLOTS_A_DAY)
        start = self.first_slot + timedelta(days=day, hours=2 * hour)
        body: Body = {
            "station_id": stations[community],
            "title": f"{MARK} {self.run} {nth}",
            "theme": "elderly_care",
            "urgency": self._random.choice(("low", "normal", "high")),
            "due": (start + timedelta(days=30)).isoformat(),
            "location": self._place(community),
            "beneficiaries": {"count": self._random.randint(1, 5), "groups": []},
            "lines": [{"kind": "goods", "item": ITEM, "quantity": self._random.randint(1, 5), "unit": UNIT}],
            "volunteers": {
                "headcount": 1,
                "skills": [SKILL],
                "languages": [],
                "starts_at": start.isoformat(),
                "ends_at": (start + timedelta(hours=1)).isoformat(),
            },
            "publish": True,
        }
        return Post("/v1/needs", body, f"load-{self.run}-need-{nth}")

    def _volunteer(self, community: int, one: int) -> Body:
        return {
            "name": f"{MARK} Person {one}",
            "phone": f"138{community % 10_000:04}{one % 10_000:04}",
            "area": self.communities[community],
            "location": self._place(community),
            "birth_year": self._random.randint(1956, 2000),
            "skills": [SKILL],
            "standing_acceptance": True,
        }

    def _place(self, community: int) -> Body:
        spread = self._random.uniform(-0.001, 0.001)
        return {"lon": round(100 + self.seed % 100 * 0.1 + community * 0.004 + spread, 5), "lat": 30.0}
