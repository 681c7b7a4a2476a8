"""Near → far: the rings (圈层) of supply that a need may draw on, their order, and the trail of the rings searched.

The policy is the data in RINGS; `take_near_to_far` only follows it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.charity.stock.domain import MONEY, Supply, usable
from shared.contracts.areas import (
    CITY_DIGITS,
    COMMUNITY_DIGITS,
    DISTRICT_DIGITS,
    STREET_DIGITS,
    ancestor_at,
    rings_between,
)
from shared.contracts.need_parts import SupplyRing, Tried
from shared.contracts.reasons import Reason, reason


@dataclass(frozen=True, slots=True)
class Ring:
    """The supply in the area that shares the first `digits` digits with the need's; `own`: of its station alone.

    `nothing` is the reason recorded where the ring has none of the missing commodity.
    """

    name: SupplyRing
    digits: int
    nothing: Reason
    own: bool = False


# The station's ring has the digits of its community: the holder of the account tells the two apart (`own`).
RINGS: Final = (
    Ring("station", COMMUNITY_DIGITS, reason("station_has_none"), own=True),
    Ring("community", COMMUNITY_DIGITS, reason("community_has_none")),
    Ring("street", STREET_DIGITS, reason("street_has_none")),
    Ring("district", DISTRICT_DIGITS, reason("district_has_none")),
    Ring("city", CITY_DIGITS, reason("city_has_none")),
)
NO_CAMPAIGN: Final = reason("no_campaign_open")
NO_FUND: Final = reason("funds_have_none")


class Take(NamedTuple):
    """An amount to reserve from one account, and the ring in which the account lies."""

    supply: Supply
    ring: SupplyRing
    amount: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """The missing amount of one line of a need, and the place of the need."""

    line_id: str
    commodity: str
    missing: int
    station_id: str
    area: str


def ring_of(supply: Supply, station_id: str, area: str) -> SupplyRing:
    """Return the nearest ring around a need of the station, in `area`, in which the account lies."""
    if supply.commodity != MONEY and supply.holder == station_id:
        return RINGS[0].name
    return RINGS[1:][rings_between(area, supply.area)].name


def list_rings(short: Shortage) -> list[Ring]:
    """Return the rings that exist for the line: a station holds no money, a street centre lies in no community."""
    return [ring for ring in RINGS if (short.commodity != MONEY if ring.own else ancestor_at(short.area, ring.digits))]


def take_near_to_far(short: Shortage, supplies: Sequence[Supply], most: int) -> tuple[list[Take], list[Tried]]:
    """Return the amounts to take, nearest ring first, until nothing is missing, and the trail of the rings searched.

    A fund gives to the needs inside its own area alone, a station as it shares, see `usable`. `supplies` are accounts
    of the commodity; at most `most` of them give. Within a ring the account with the most comes first, so that few
    accounts serve one need; the id decides between equals, so that every replica decides alike.
    """
    takes: list[Take] = []
    tried: list[Tried] = []
    missing = short.missing
    for ring in list_rings(short):
        gave = 0
        # The limit counts over all rings: the nearer ones have used up a part of it.
        for supply in _in_ring(ring, short, supplies, takes)[: most - len(takes)]:
            amount = min(missing - gave, usable(supply, short.station_id, short.area))
            takes.append(Take(supply, ring.name, amount))
            gave += amount
            if gave == missing:
                break
        tried.append(_trail(ring, short, gave, missing, full=len(takes) >= most))
        missing -= gave
        if not missing:
            return takes, tried
    # The last ring is recorded although it never gives: the trail shows that the search went to the end (L6).
    tried.append(Tried(ring="campaign", reasons=(NO_CAMPAIGN,), line_id=short.line_id))
    return takes, tried


def _in_ring(ring: Ring, short: Shortage, supplies: Iterable[Supply], taken: Sequence[Take]) -> list[Supply]:
    within = ancestor_at(short.area, ring.digits) or short.area
    # A ring contains the nearer ones, whose accounts have given all they had.
    before = {take.supply.id for take in taken}
    found = [
        (-amount, supply.id, supply)
        for supply in supplies
        if supply.id not in before
        and (supply.holder == short.station_id if ring.own else supply.area.startswith(within))
        and (amount := usable(supply, short.station_id, short.area)) > 0
    ]
    # By the exact amount: the stored order of the search is by powers of two only. No two ids are equal.
    found.sort()
    return [supply for _, _, supply in found]


def _trail(ring: Ring, short: Shortage, gave: int, missing: int, *, full: bool) -> Tried:
    if gave == missing:
        because = reason("gave_all_missing", gave=gave, commodity=short.commodity)
    elif full:
        because = reason("gave_part_accounts_used_up", gave=gave, missing=missing, commodity=short.commodity)
    elif gave:
        because = reason("gave_part_all_it_had", gave=gave, missing=missing, commodity=short.commodity)
    else:
        because = NO_FUND if short.commodity == MONEY else ring.nothing
    return Tried(ring=ring.name, gave=gave, reasons=(because,), line_id=short.line_id)


def merge_trails(before: Sequence[Tried], now: Sequence[Tried]) -> tuple[Tried, ...]:
    """Return one entry for each line and ring: the total that it gave, and the latest reason that matters.

    The trail has at most lines × rings entries, however often a waiting need is searched for again.
    """
    trail = {(tried.line_id, tried.ring): tried for tried in before}
    for tried in now:
        key = (tried.line_id, tried.ring)
        known = trail.get(key)
        if known is None or not known.gave:
            trail[key] = tried
        elif tried.gave:
            # A ring that gave before and has nothing now keeps its entry: its gift is part of the reservations.
            trail[key] = tried.model_copy(update={"gave": known.gave + tried.gave})
    return tuple(trail.values())
