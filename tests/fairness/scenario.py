"""The scenario of a simulated city, drawn from a seed alone: communities, people, gifts and needs, and their times.

All instants are milliseconds since START, a Monday at 09:00 by the city's time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp
from random import Random
from typing import Any, Final, Literal
from zlib import crc32

from services.stations.needs.domain.triage import score_parts
from shared.contracts.need_parts import Urgency
from shared.contracts.priority_bands import find_first_band
from tests.city.drawn_apart import HOUR_MS, MINUTE_MS
from tests.city.histories import DAY_MS

Level = Literal["scarce", "balanced", "rich"]
Answer = Literal["yes", "no", "silent"]
Size = Literal["small", "middle", "large", "people"]
Point = tuple[float, float]

LEVELS: Final[dict[Level, tuple[float, float]]] = {"scarce": (0.6, 0.5), "balanced": (1.0, 1.2), "rich": (2.0, 4.0)}
"""Goods given as a share of those asked for; volunteers of a community."""
ITEMS: Final = ("quilt", "towel", "soap")
SKILLS: Final = ("cooking", "driving")
STREETS: Final = 4
"""Communities of a street; two streets are a district."""
NINE: Final = 9
"""The hour of the city's day at START."""
NEEDS_A_DAY: Final = 0.55
"""Of each community."""
SEVERITIES: Final = (1, 2, 3, 3, 4, 4, 5, 5)
URGENCIES: Final[tuple[Urgency, ...]] = ("low", "normal", "high", "urgent", "urgent")
GROUPS: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("elderly",),
    ("low_income",),
    ("living_alone", "disabled"),
    ("elderly_80_plus", "living_alone"),
    ("elderly_80_plus", "living_alone", "disabled"),
)
SIZES: Final[dict[Size, tuple[float, int, int]]] = {
    "small": (0.65, 1, 2),
    "middle": (0.27, 3, 8),
    "large": (0.08, 20, 60),
}
"""The share of lines of each size, their least and their largest quantity."""
MEAN_QUANTITY: Final = sum(share * (least + most) / 2 for share, least, most in SIZES.values())


@dataclass(frozen=True)
class Person:
    """A volunteer of the scenario. `windows` are the hours of the day in which this one has time, on `days` 1 to 7."""

    key: str
    at: int
    area: str
    home: Point
    skills: tuple[str, ...]
    standing: bool
    days: tuple[int, ...]
    hours: tuple[int, int]


@dataclass(frozen=True)
class Asked:
    """A line that a need asks for, in pieces."""

    item: str
    quantity: int
    divisible: bool
    min_useful: int


@dataclass(frozen=True)
class Need:
    """A need of the scenario; `slot` are its begin and end, `headcount` 0 where it asks for nobody."""

    key: str
    at: int
    due: int
    area: str
    place: Point
    severity: int
    urgency: Urgency
    groups: tuple[str, ...]
    lines: tuple[Asked, ...]
    headcount: int
    slot: tuple[int, int]
    skills: tuple[str, ...]

    @property
    def band(self) -> int:
        """The priority band of the need at its registration, by the points of triage."""
        points = score_parts(self.severity, self.urgency, self.groups)
        return find_first_band(sum(points.values()))

    @property
    def size(self) -> Size:
        """The size of its largest line; `people` where it asks for nothing else."""
        largest = max((line.quantity for line in self.lines), default=0)
        return next((size for size, (_, least, most) in SIZES.items() if least <= largest <= most), "people")


@dataclass(frozen=True)
class Gift:
    """Goods that a donor gives to the station of an area."""

    at: int
    area: str
    item: str
    quantity: int


@dataclass(frozen=True)
class Shared:
    """A station's decision about an item of its stock."""

    area: str
    item: str
    sharing: Literal["own", "street", "district", "city"]
    reserve: int


@dataclass
class Scenario:
    """A city before it is played."""

    seed: int
    level: Level
    days: int
    areas: list[str]
    people: list[Person] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    gifts: list[Gift] = field(default_factory=list)
    shares: list[Shared] = field(default_factory=list)

    def answer_of(self, person: str, need: str) -> Answer:
        """Return how the person answers an offer for the need: the same however often it is made."""
        drawn = crc32(f"{self.seed} {person} {need}".encode()) % 100
        return "yes" if drawn < 80 else "no" if drawn < 93 else "silent"


def draw_scenario(seed: int, level: Level, days: int, communities: int) -> Scenario:
    """Return the scenario; the needs of a seed are the same at each level of supply."""
    areas = [_area(nth) for nth in range(communities)]
    scenario = Scenario(seed, level, days, areas)
    goods, people = LEVELS[level]
    chance = Random(seed)
    scenario.needs = sorted(_draw_needs(chance, scenario), key=lambda need: need.at)
    asked = sum(line.quantity for need in scenario.needs for line in need.lines)
    chance = Random(seed + 1)
    scenario.people = [_draw_person(chance, nth, areas) for nth in range(round(people * communities))]
    scenario.gifts = sorted(_draw_gifts(Random(seed + 2), scenario, goods * asked), key=lambda gift: gift.at)
    scenario.shares = list(_draw_shares(Random(seed + 3), areas))
    return scenario


def _area(nth: int) -> str:
    street = nth // STREETS
    return f"1101{street // 2 + 1:02}{street % 2 + 1:03}{nth % STREETS + 1:03}"


def centre_of(area: str) -> Point:
    """Return the middle of a community: communities lie some 900 m apart, streets and districts side by side."""
    district, street, community = int(area[4:6]), int(area[6:9]), int(area[9:])
    return 116.2 + 0.02 * (district * 2 + street) + 0.01 * (community % 2), 39.88 + 0.012 * community


def _near(chance: Random, area: str) -> Point:
    east, north = centre_of(area)
    return round(east + (chance.random() - 0.5) * 0.01, 4), round(north + (chance.random() - 0.5) * 0.01, 4)


def _draw_person(chance: Random, nth: int, areas: list[str]) -> Person:
    area = areas[nth % len(areas)]
    opens = chance.choice((8, 9, 12))
    return Person(
        key=f"p{nth}",
        at=3 * MINUTE_MS + nth * 50 if chance.random() < 0.8 else chance.randrange(20) * DAY_MS + HOUR_MS,
        area=area,
        home=_near(chance, area),
        skills=tuple(skill for skill in SKILLS if chance.random() < 0.5),
        standing=chance.random() < 0.25,
        days=tuple(sorted(chance.sample(range(1, 8), chance.randint(4, 7)))),
        hours=(opens, min(20, opens + chance.choice((6, 9, 11)))),
    )


def _poisson(chance: Random, mean: float) -> int:
    left, count = chance.random(), 0
    while left > exp(-mean):
        left, count = left * chance.random(), count + 1
    return count


def _draw_needs(chance: Random, scenario: Scenario) -> Iterator[Need]:
    for day in range(scenario.days):
        for area in scenario.areas:
            for _ in range(_poisson(chance, NEEDS_A_DAY)):
                yield _draw_need(chance, day, area)


def _draw_need(chance: Random, day: int, area: str) -> Need:
    at = day * DAY_MS + 10 * MINUTE_MS + chance.randrange(9 * HOUR_MS)
    goods, people = chance.choice(((True, False), (True, False), (False, True), (True, True)))
    begins = (day + chance.randint(1, 4)) * DAY_MS + (chance.randint(8, 17) - NINE) * HOUR_MS
    ends = begins + chance.randint(1, 3) * HOUR_MS
    due = ends + 3 * HOUR_MS if people else at + chance.randint(1, 6) * DAY_MS
    return Need(
        key=f"n{at}-{area}",
        at=at,
        due=due,
        area=area,
        place=_near(chance, area),
        severity=chance.choice(SEVERITIES),
        urgency=chance.choice(URGENCIES),
        groups=chance.choice(GROUPS),
        lines=tuple(_draw_lines(chance)) if goods else (),
        headcount=chance.choice((1, 1, 2, 2, 3, 5)) if people else 0,
        slot=(begins, ends),
        skills=(chance.choice(SKILLS),) if people and chance.random() < 0.3 else (),
    )


def _draw_lines(chance: Random) -> Iterator[Asked]:
    for item in chance.sample(ITEMS, chance.choice((1, 1, 2))):
        (kind,) = chance.choices(list(SIZES), [share for share, *_ in SIZES.values()])
        _, least, most = SIZES[kind]
        quantity, form = chance.randint(least, most), chance.random()
        yield Asked(item, quantity, form > 0.12, max(1, quantity // 2) if form > 0.85 else 1)


def _draw_gifts(chance: Random, scenario: Scenario, pieces: float) -> Iterator[Gift]:
    left = round(pieces)
    while left > 0:
        quantity = min(left, chance.choice((3, 5, 10, 20, 40)))
        at = chance.randrange(scenario.days) * DAY_MS + 5 * MINUTE_MS + chance.randrange(9 * HOUR_MS)
        yield Gift(at, chance.choice(scenario.areas), chance.choice(ITEMS), quantity)
        left -= quantity


def _draw_shares(chance: Random, areas: list[str]) -> Iterator[Shared]:
    for area in areas:
        if chance.random() < 0.4:
            sharing: Any = chance.choice(("own", "street", "district", "city"))
            yield Shared(area, chance.choice(ITEMS), sharing, chance.choice((0, 2, 5)))
