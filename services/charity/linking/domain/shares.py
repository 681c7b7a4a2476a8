"""Shares: how scarce supply is divided among the needs that wait for it, band by band. Pure.

The rule is max-min fairness by progressive filling (Bertsekas and Gallager, Data Networks, 2nd edition, 1992, section
6.5.2): nobody's share grows at the cost of a smaller one, so that many who ask for little are served wholly before one
who asks for much is served in part. Supply comes in whole units, and half a request helps less than a whole one:
therefore the requests that can be completed come first, and the remaining supply is divided.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from services.charity.linking.domain.link import Link, LinkLine
from services.charity.linking.domain.near_to_far import Take, take_near_to_far
from services.charity.linking.domain.waiting_order import band_at
from services.charity.stock.domain import Supply, usable
from shared.contracts.areas import rings_between
from shared.contracts.need_parts import Tried
from shared.contracts.reasons import reason


class Claim(NamedTuple):
    """A line that waits for supply, with the band of its need and the ring of the nearest account that may give.

    `holds_on`: the line may hold a part that is of no use by itself, because there is time left to complete it.
    """

    link: Link
    line: LinkLine
    band: int
    ring: int
    holds_on: bool


class Grant(NamedTuple):
    """The amounts that a line receives, and the rings that give them."""

    claim: Claim
    takes: Sequence[Take]
    tried: Sequence[Tried]


def list_claims(links: Iterable[Link], supplies: Iterable[Supply], now: datetime) -> list[Claim]:
    """Return the lines of the links that wait for any of the supplies and may use it; `now` is city time."""
    by_commodity: dict[str, list[Supply]] = {}
    for supply in supplies:
        by_commodity.setdefault(supply.commodity, []).append(supply)
    claims = []
    for link in links:
        for line in link.lines:
            fitting = [s for s in by_commodity.get(line.commodity, ()) if usable(s, link.station_id, link.area)]
            if line.missing and fitting and link.room > 0:
                ring = min(rings_between(supply.area, link.area) for supply in fitting)
                claims.append(Claim(link, line, band_at(link, now), ring, link.holds_on(now)))
    return claims


def share_out(claims: Iterable[Claim], supplies: Iterable[Supply]) -> list[Grant]:
    """Return the amounts that each claim receives, the most urgent band first.

    Of a band, first the claims that can be completed, from near to far, of these those that miss least, of these the
    oldest. Then equal shares of the rest for those that can use a part. Nothing that somebody can use is left.
    """
    filling = _Filling({supply.id: supply for supply in supplies})
    for _, band in groupby(sorted(claims, key=lambda claim: -claim.band), key=lambda claim: claim.band):
        left = filling.complete(sorted(band, key=_completion_order))
        filling.divide(sorted(left, key=lambda claim: (claim.line.missing, _age(claim))))
        # Left where accounts do not reach all alike, and by lines of which a small part is of no use.
        filling.give_on(sorted(left, key=lambda claim: (claim.ring, _age(claim))))
    return filling.grants


def _completion_order(claim: Claim) -> tuple[int, int, tuple[datetime, str, str]]:
    # By the size as a power of two: who asks for a little more than another does not come after all those like it.
    return claim.ring, claim.line.missing.bit_length(), _age(claim)


def _age(claim: Claim) -> tuple[datetime, str, str]:
    return claim.link.waiting_since, claim.link.id, claim.line.line_id


@dataclass
class _Filling:
    """The supply that is left, and the grants so far."""

    supplies: dict[str, Supply]
    grants: list[Grant] = field(default_factory=list)
    granted: dict[tuple[str, str], int] = field(default_factory=dict)
    """The amount that a line receives, by the ids of need and line."""
    accounts: dict[str, int] = field(default_factory=dict)
    """Accounts that give to a need, by its id: a need may draw on so many and no more."""

    def complete(self, claims: Sequence[Claim]) -> list[Claim]:
        """Grant the claims that can be completed; return the others."""
        return [claim for claim in claims if not self._grant(claim, claim.line.missing, whole=True)]

    def divide(self, claims: Sequence[Claim]) -> None:
        """Grant equal shares to those that can use theirs, those that miss least first."""
        after: dict[str, int] = {}
        for claim in claims:
            after[claim.line.commodity] = after.get(claim.line.commodity, 0) + 1
        for claim in claims:
            # The supply left is divided among the claims left: a share grows by the parts that earlier claims did not
            # take.
            share = -(-self._free(claim) // after[claim.line.commodity])
            after[claim.line.commodity] -= 1
            if self._can_use(claim, share):
                self._grant(claim, share)

    def give_on(self, claims: Sequence[Claim]) -> None:
        """Grant the rest in order to those that can use it, then to those that may hold it until they have all."""
        idle = []
        for claim in claims:
            if self._can_use(claim, free := self._free(claim)):
                self._grant(claim, free)
            else:
                idle.append(claim)
        for claim in idle:
            if claim.holds_on:
                self._grant(claim, self._free(claim))

    def _can_use(self, claim: Claim, more: int) -> bool:
        return claim.line.is_useful(self._granted(claim) + more)

    def _granted(self, claim: Claim) -> int:
        return self.granted.get((claim.link.id, claim.line.line_id), 0)

    def _free(self, claim: Claim) -> int:
        link = claim.link
        return sum(usable(supply, link.station_id, link.area) for supply in self._of(claim))

    def _of(self, claim: Claim) -> list[Supply]:
        return [supply for supply in self.supplies.values() if supply.commodity == claim.line.commodity]

    def _grant(self, claim: Claim, most: int, *, whole: bool = False) -> bool:
        """Grant up to `most` of the claim's missing amount, with `whole` all of it; return whether a grant was made."""
        link, line = claim.link, claim.line
        amount = min(most, line.missing - self._granted(claim))
        room = link.room - self.accounts.get(link.id, 0)
        if amount <= 0 or room <= 0:
            return False
        takes, trail = take_near_to_far(replace(link.shortage(line), missing=amount), self._of(claim), room)
        given = sum(take.amount for take in takes)
        if not given or (whole and given < amount):
            return False
        for take in takes:
            pending = take.supply.debits_pending + take.amount
            self.supplies[take.supply.id] = take.supply.model_copy(update={"debits_pending": pending})
        self.accounts[link.id] = self.accounts.get(link.id, 0) + len(takes)
        self.granted[link.id, line.line_id] = self._granted(claim) + given
        # Only the supply at hand was searched: the entries of the other rings are known from before.
        self.grants.append(Grant(claim, takes, [_as_share(ring, line) for ring in trail if ring.gave]))
        return True


def _as_share(tried: Tried, line: LinkLine) -> Tried:
    # A part of the line can be all that it was to have: then the ring gave a share, not all that is missing.
    if tried.reasons[0].code != "gave_all_missing" or tried.gave == line.missing:
        return tried
    because = reason("gave_share", gave=tried.gave, missing=line.missing, commodity=line.commodity)
    return tried.model_copy(update={"reasons": (because,)})


def refuse_part(line: LinkLine, trail: Iterable[Tried]) -> list[Tried]:
    """Return the trail of a search whose findings the line leaves to others, because so small a part is of no use."""
    return [_refused(ring, line) if ring.gave else ring for ring in trail]


def _refused(tried: Tried, line: LinkLine) -> Tried:
    least = line.min_useful if line.divisible else line.requested
    because = reason("part_of_no_use", had=tried.gave, least=least, commodity=line.commodity)
    return tried.model_copy(update={"gave": 0, "reasons": (because,)})
