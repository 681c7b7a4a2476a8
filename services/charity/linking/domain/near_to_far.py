"""Near → far: which supply a need may draw on, in which order, and what is said of each ring that was tried.

The policy is the data in RINGS; `climb` only follows it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from services.charity.stock.domain import MONEY, Supply
from shared.contracts.need_parts import Tried

RingName = Literal["station", "community", "street", "district", "city", "campaign"]


@dataclass(frozen=True, slots=True)
class Ring:
    """Supply whose area shares the first `digits` digits with the need's area; `own`: the need's station alone.

    `nothing` is what is said when the ring has none of what is missing, `short` when it has not enough.
    """

    name: RingName
    digits: int
    nothing: str
    own: bool = False


RINGS: Final = (
    Ring("station", 12, "the station has none in stock", own=True),
    Ring("community", 12, "no stock or fund of the community has any left"),
    Ring("street", 9, "no station, street centre or fund of the street has any left"),
    Ring("district", 6, "no station or fund of the district has any left"),
    Ring("city", 4, "no station or fund of the city has any left"),
)
NO_CAMPAIGN: Final = "no campaign is open for it"


class Take(NamedTuple):
    """So much from that account, which stands in that ring."""

    supply: Supply
    ring: RingName
    amount: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one line of a need still misses, and where the need is."""

    line_id: str
    commodity: str
    missing: int
    station_id: str
    area: str


def rings_for(wanted: Wanted) -> list[Ring]:
    """The rings that exist for it: a station holds no money, and a street centre lies in no community."""
    return [ring for ring in RINGS if (wanted.commodity != MONEY if ring.own else len(wanted.area) >= ring.digits)]


def climb(wanted: Wanted, supplies: Sequence[Supply], most: int) -> tuple[list[Take], list[Tried]]:
    """What each ring gives, nearest first, until nothing is missing, and the trail of the rings tried.

    At most `most` accounts give.
    `supplies` are accounts of the commodity. Within a ring the one with the most comes first, so that few
    accounts serve one need; the id decides between equals, so that every replica decides alike.
    """
    takes: list[Take] = []
    tried: list[Tried] = []
    missing = wanted.missing
    for ring in rings_for(wanted):
        gave = 0
        for supply in _in_ring(ring, wanted, supplies, takes)[: most - len(takes)]:
            amount = min(missing - gave, supply.available)
            takes.append(Take(supply, ring.name, amount))
            gave += amount
            if gave == missing:
                break
        tried.append(_trail(ring, wanted.line_id, gave, missing, full=len(takes) >= most))
        missing -= gave
        if not missing:
            return takes, tried
    tried.append(Tried(ring="campaign", reason=NO_CAMPAIGN, line_id=wanted.line_id))
    return takes, tried


def _in_ring(ring: Ring, wanted: Wanted, supplies: Iterable[Supply], taken: Sequence[Take]) -> list[Supply]:
    prefix = wanted.area[: ring.digits]
    before = {take.supply.id for take in taken}
    found = [
        supply
        for supply in supplies
        if supply.available > 0
        and supply.id not in before
        and (supply.holder == wanted.station_id if ring.own else supply.area.startswith(prefix))
    ]
    found.sort(key=lambda supply: (-supply.available, supply.id))
    return found


def _trail(ring: Ring, line_id: str, gave: int, missing: int, *, full: bool) -> Tried:
    if gave == missing:
        reason = "gave all that was missing"
    elif full:
        reason = f"gave {gave} of the {missing} that were missing: the need draws on as many accounts as it may"
    elif gave:
        reason = f"gave {gave} of the {missing} that were missing, all it had left"
    else:
        reason = ring.nothing
    return Tried(ring=ring.name, gave=gave, reason=reason, line_id=line_id)


def merged_trail(before: Sequence[Tried], now: Sequence[Tried]) -> tuple[Tried, ...]:
    """One entry a line and ring: what it gave in all, and the latest word that matters.

    Bounded by lines × rings however often a waiting need is looked at again.
    """
    trail = {(tried.line_id, tried.ring): tried for tried in before}
    for tried in now:
        key = (tried.line_id, tried.ring)
        known = trail.get(key)
        if known is None or not known.gave:
            trail[key] = tried
        elif tried.gave:
            trail[key] = tried.model_copy(update={"gave": known.gave + tried.gave})
    return tuple(trail.values())


def nearness(need_area: str, supply_area: str) -> int:
    """0 for the same community, rising with each ring outwards; 4 beyond the city."""
    for steps, ring in enumerate(RINGS[1:]):
        if len(need_area) >= ring.digits and supply_area.startswith(need_area[: ring.digits]):
            return steps
    return len(RINGS) - 1
