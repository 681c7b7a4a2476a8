"""The best use of the free people at one instant: the coverage of each band from the top, its floor, then the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import cos, hypot, radians
from typing import Final

from services.volunteering.matching.domain.distances import METRES_A_DEGREE
from services.volunteering.matching.policy import MatchingPolicy
from tests.city.drawn_apart import HOUR_MS
from tests.city.histories import DAY_MS
from tests.fairness.program import Program
from tests.fairness.scenario import NINE, Need, Person, Point

POLICY: Final = MatchingPolicy()


@dataclass
class Volunteer:
    """A person with the needs that this one is committed to, the refusals, and the asks of the week."""

    person: Person
    booked: list[Need] = field(default_factory=list)
    unasked: set[str] = field(default_factory=set)
    """The keys of those of the needs for which standing acceptance confirmed this one."""
    refused: set[str] = field(default_factory=set)
    asks: int = 0


@dataclass
class OpenNeed:
    """A need that lacks people at the instant; `band` is its band then."""

    need: Need
    band: int
    missing: int


@dataclass(frozen=True)
class Choice:
    """A volunteer for a need; `unasked` where standing acceptance confirms this one."""

    need: OpenNeed
    volunteer: Volunteer
    unasked: bool


def assign_people(needs: Sequence[OpenNeed], volunteers: Sequence[Volunteer]) -> list[Choice]:
    """Return the best choice of volunteers for the needs. Raises UnsolvedError."""
    program = Program()
    ways = {
        (nth, place, unasked): program.add(1)
        for nth, one in enumerate(needs)
        for place, volunteer in enumerate(volunteers)
        if is_able(volunteer, one.need)
        for unasked in ((True, False) if volunteer.person.standing else (False,))
    }
    if not ways:
        return []
    for place, volunteer in enumerate(volunteers):
        own = {(nth, unasked): way for (nth, at, unasked), way in ways.items() if at == place}
        _bound_person(program, volunteer, [one.need for one in needs], own)
    for nth, one in enumerate(needs):
        program.at_most(one.missing, {way: 1.0 for (at, *_), way in ways.items() if at == nth})
    for band in sorted({one.band for one in needs}, reverse=True):
        goal = {w: 1 / needs[at].need.headcount for (at, *_), w in ways.items() if needs[at].band == band}
        program.maximize(goal)
    for band in sorted({one.band for one in needs}, reverse=True):
        floor = program.add(1, whole=False)
        for nth, one in enumerate(needs):
            if one.band == band:
                share = 1 / one.need.headcount
                shares = {way: share for (at, *_), way in ways.items() if at == nth}
                program.at_least(one.missing * share - 1, shares | {floor: -1.0})
        program.maximize({floor: 1.0})
    program.minimize({w: _metres(volunteers[p].person.home, needs[n].need.place) for (n, p, _), w in ways.items()})
    return [Choice(needs[n], volunteers[p], unasked) for (n, p, unasked), w in ways.items() if program.value(w)]


def is_able(volunteer: Volunteer, need: Need) -> bool:
    """Return whether the volunteer has the skills and the time, and has not refused."""
    person = volunteer.person
    if need.key in volunteer.refused or not set(need.skills) <= set(person.skills):
        return False
    starts, ends = (at + NINE * HOUR_MS for at in need.slot)
    weekday, opens, closes = starts // DAY_MS % 7 + 1, *(hour * HOUR_MS for hour in person.hours)
    if weekday not in person.days or starts % DAY_MS < opens or starts % DAY_MS + ends - starts > closes:
        return False
    return not any(conflict(need, other) for other in volunteer.booked)


def conflict(one: Need, other: Need) -> bool:
    """Return whether nobody can serve both: they overlap, or the way between them takes longer than the time."""
    gap = max(one.slot[0] - other.slot[1], other.slot[0] - one.slot[1])
    metres = _metres(one.place, other.place)
    way = 0.0 if metres <= POLICY.travel_free_metres else metres * HOUR_MS / (POLICY.travel_kilometres_an_hour * 1000)
    return gap < way


def _metres(one: Point, other: Point) -> float:
    return hypot((one[0] - other[0]) * cos(radians(other[1])), one[1] - other[1]) * METRES_A_DEGREE


def _bound_person(
    program: Program, volunteer: Volunteer, needs: Sequence[Need], own: dict[tuple[int, bool], int]
) -> None:
    """Hold the volunteer to one place at a time, the weekly asks, and the hours of standing acceptance."""
    asked = {way: 1.0 for (_, unasked), way in own.items() if not unasked}
    program.at_most(max(0, POLICY.weekly_asks - volunteer.asks), asked)
    of_need: dict[int, dict[int, float]] = {}
    for (nth, _), way in own.items():
        of_need.setdefault(nth, {})[way] = 1.0
    for terms in of_need.values():
        program.at_most(1, terms)
    for one, other in combinations(of_need, 2):
        if conflict(needs[one], needs[other]):
            program.at_most(1, of_need[one] | of_need[other])
    for length, hours in ((DAY_MS, POLICY.standing_day_hours), (7 * DAY_MS, POLICY.standing_week_hours)):
        spans: dict[int, dict[int, float]] = {}
        for (nth, unasked), way in own.items():
            if unasked:
                spans.setdefault(_span(needs[nth], length), {})[way] = float(_hours(needs[nth]))
        for span, terms in spans.items():
            spent = sum(_hours(need) for need in volunteer.booked if _span(need, length) == span)
            program.at_most(max(0, hours - spent), terms)


def _span(need: Need, length: int) -> int:
    return (need.slot[0] + NINE * HOUR_MS) // length


def _hours(need: Need) -> int:
    return (need.slot[1] - need.slot[0]) // HOUR_MS
