"""The season as an optimum plays it: each day at 06:00 a solver decides with all that is known then.

A commitment once made stands. The answer of somebody asked is known the next morning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.charity.stock.domain import Supply, new_stock
from shared.contracts.priority_bands import RISES_EVERY, TOP_BAND
from tests.city.drawn_apart import HOUR_MS
from tests.city.histories import DAY_MS
from tests.fairness.figures import share_of
from tests.fairness.goods_optimum import OpenLine, Piece, share_goods
from tests.fairness.people_optimum import OpenNeed, Volunteer, assign_people
from tests.fairness.scenario import ITEMS, NINE, Need, Scenario

SIX: Final = 6
RISE_MS: Final = round(RISES_EVERY.total_seconds() * 1000)


@dataclass
class Season:
    """The optimum's own city: its stock, its people, and its commitments."""

    scenario: Scenario
    supplies: dict[tuple[str, str], Supply] = field(default_factory=dict)
    """By area and item."""
    lines: list[OpenLine] = field(default_factory=list)
    volunteers: list[Volunteer] = field(default_factory=list)
    pieces: dict[tuple[str, int], list[Piece]] = field(default_factory=dict)
    """The pieces committed to each line."""
    came: dict[str, int] = field(default_factory=dict)
    """The people committed to each need, by its key."""

    def play(self) -> Mapping[Need, float]:
        """Play all days and return the share of each need that is served."""
        scenario = self.scenario
        self._needs = {need.key: need for need in scenario.needs}
        self.volunteers = [Volunteer(person) for person in scenario.people]
        for area in scenario.areas:
            for item in ITEMS:
                self.supplies[area, item] = new_stock(area, area, item)
        for shared in scenario.shares:
            terms = {"sharing": shared.sharing, "reserve": shared.reserve}
            key = shared.area, shared.item
            self.supplies[key] = self.supplies[key].model_copy(update=terms)
        before = 0
        for day in range(1, max((need.due for need in scenario.needs), default=0) // DAY_MS + 2):
            now = day * DAY_MS + (SIX - NINE) * HOUR_MS
            self._learn(before, now)
            self._share_goods(now)
            self._assign_people(now, monday=day % 7 == 0)
            before = now
        held: dict[str, list[int]] = {}
        for line in self.lines:
            held.setdefault(line.need, []).append(line.held)
        return {n: share_of(n, held.get(n.key, []), self.came.get(n.key, 0)) for n in scenario.needs}

    def _learn(self, before: int, now: int) -> None:
        for gift in self.scenario.gifts:
            if before <= gift.at < now:
                self._change(gift.area, gift.item, "credits_posted", gift.quantity)
        for need in self.scenario.needs:
            if before <= need.at < now:
                for nth, asked in enumerate(need.lines):
                    self.lines.append(OpenLine(need.key, nth, need.area, need.area, asked, need.band))

        for line in self.lines:
            # A need to which nobody came gives its goods back at its due time.
            need = self._needs[line.need]
            if line.held and before <= need.due < now and need.headcount and not self.came.get(need.key):
                self._give_back(line)

    def _give_back(self, line: OpenLine) -> None:
        for piece in self.pieces.pop((line.need, line.nth), ()):
            self._change(piece.supply.area, line.asked.item, "debits_posted", -piece.amount)
        line.held = 0

    def _change(self, area: str, item: str, name: str, more: int) -> None:
        supply = self.supplies[area, item]
        self.supplies[area, item] = supply.model_copy(update={name: getattr(supply, name) + more})

    def _share_goods(self, now: int) -> None:
        open_needs = {need.key: need for need in self.scenario.needs if need.at < now < need.due}
        for item in ITEMS:
            lines = [
                line for line in self.lines if line.asked.item == item and line.missing and line.need in open_needs
            ]
            for line in lines:
                line.band = band_at(open_needs[line.need], now)
            supplies = [s for (_, of), s in self.supplies.items() if of == item and s.available]
            for piece in share_goods(lines, supplies):
                piece.line.held += piece.amount
                self.pieces.setdefault((piece.line.need, piece.line.nth), []).append(piece)
                self._change(piece.supply.area, item, "debits_posted", piece.amount)

    def _assign_people(self, now: int, *, monday: bool) -> None:
        known = [one for one in self.volunteers if one.person.at < now]
        for one in self.volunteers:
            one.asks = 0 if monday else one.asks
        needs = [
            OpenNeed(need, band_at(need, now), need.headcount - self.came.get(need.key, 0))
            for need in self.scenario.needs
            if need.at < now < need.slot[0] and need.headcount > self.came.get(need.key, 0)
        ]
        for choice in assign_people(needs, known):
            need, volunteer = choice.need.need, choice.volunteer
            volunteer.asks += not choice.unasked
            if not choice.unasked and self.scenario.answer_of(volunteer.person.key, need.key) != "yes":
                volunteer.refused.add(need.key)
                continue
            volunteer.booked.append(need)
            self.came[need.key] = self.came.get(need.key, 0) + 1


def band_at(need: Need, now: int) -> int:
    """Return the band of the need at an instant: it rises by waiting, as in the services."""
    return min(TOP_BAND, need.band + max(0, now - need.at) // RISE_MS)
