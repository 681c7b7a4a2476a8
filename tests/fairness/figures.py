"""The figures of a city that was played: the shares of needs served, the waits, the stock left, and the asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.volunteering.dispatch.domain.dispatch_states import HELD
from services.volunteering.matching.policy import MatchingPolicy
from tests.city.drawn_apart import HOUR_MS
from tests.fairness.city import City
from tests.fairness.scenario import Asked, Need

WHOLE: Final = 1 - 1e-9


@dataclass(frozen=True)
class Served:
    """One need at its end: the served share of all that it asked for, 0 to 1, and its wait in hours.

    The wait is from the registration until the need had all it asked for, or until its due time.
    """

    need: Need
    share: float
    wait: float


@dataclass(frozen=True)
class Group:
    """The needs of one band or size."""

    name: str
    needs: int
    wholly: float
    partly: float
    share: float
    longest: float


@dataclass(frozen=True)
class Figures:
    """The figures of one level of supply."""

    served: tuple[Served, ...]
    missed: tuple[str, ...]
    asked_too_often: float
    """The share of volunteers who were asked more often in some week than the cap permits."""
    most_asked: int


def measure(city: City) -> Figures:
    """Return the figures of a city that was played to its end."""
    cap, people = MatchingPolicy().weekly_asks, len(city.people)
    often = {person for (person, _), asks in city.asks.items() if asks > cap}
    return Figures(
        served=tuple(_served(city, need_id, need) for need_id, need in city.needs.items()),
        missed=tuple(city.missed),
        asked_too_often=len(often) / people if people else 0.0,
        most_asked=max(city.asks.values(), default=0),
    )


def _served(city: City, need_id: str, need: Need) -> Served:
    link = city.world.rows("charity", "links").get(need_id)
    staffing = city.world.rows("volunteering", "staffings").get(need_id)
    amounts = [line.get("fulfilled", 0) for line in link["lines"]] if link else [0] * len(need.lines)
    came = sum(one["state"] in HELD for one in staffing["dispatches"]) if staffing else 0
    share = share_of(need, amounts, came)
    parts = [*(["links"] if need.lines else []), *(["staffings"] if need.headcount else [])]
    covered = max(city.covered.get((need_id, part), need.due) for part in parts)
    return Served(need, share, (min(covered, need.due) - need.at) / HOUR_MS)


def share_of(need: Need, amounts: Iterable[int], people: int) -> float:
    """Return the served share of a need: the mean over its lines and its volunteers; a part of no use counts nothing.

    `amounts` are delivered, line by line. A need to which nobody came whom it asked for is not served at all: its goods
    go to others.
    """
    if need.headcount and not people:
        return 0.0
    shares = [share_of_line(line, amount) for line, amount in zip(need.lines, amounts, strict=True)]
    if need.headcount:
        shares.append(min(1.0, people / need.headcount))
    return sum(shares) / len(shares)


def share_of_line(line: Asked, amount: int) -> float:
    """Return the share of a line that an amount serves: 0 where so small a part is of no use."""
    least = line.min_useful if line.divisible else line.quantity
    return min(1.0, amount / line.quantity) if amount >= least else 0.0


def group_by(served: Iterable[Served], kind: str) -> list[Group]:
    """Return the needs by `band`, the highest first, or by `size`."""
    found: dict[str, list[Served]] = {}
    for one in sorted(served, key=lambda one: -one.need.band):
        found.setdefault(str(getattr(one.need, kind)), []).append(one)
    return [group(f"{kind} {name}", those) for name, those in found.items()]


def group(name: str, those: Sequence[Served]) -> Group:
    """Return the figures of these needs, one at least."""
    count = len(those)
    return Group(
        name=name,
        needs=count,
        wholly=sum(one.share >= WHOLE for one in those) / count,
        partly=sum(0 < one.share < WHOLE for one in those) / count,
        share=sum(one.share for one in those) / count,
        longest=max(one.wait for one in those),
    )


def sum_by_band(shares: Mapping[Need, float]) -> dict[int, float]:
    """Return the sum of the served shares of each band."""
    sums: dict[int, float] = {}
    for need, share in shares.items():
        sums[need.band] = sums.get(need.band, 0.0) + share
    return sums
