"""The best use of one item at one instant: the coverage of each band from the top, then its floor, then the way."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.charity.stock.domain import Supply, usable
from shared.contracts.areas import rings_between
from tests.fairness.program import Program
from tests.fairness.scenario import Asked


@dataclass
class OpenLine:
    """A line that is open: its request, and the amount that it has. `band` is that of its need at the instant."""

    need: str
    nth: int
    station: str
    area: str
    asked: Asked
    band: int
    held: int = 0

    @property
    def missing(self) -> int:
        """The pieces that it still asks for."""
        return self.asked.quantity - self.held


@dataclass(frozen=True)
class Piece:
    """Pieces that go from an account to a line."""

    line: OpenLine
    supply: Supply
    amount: int


def share_goods(lines: Sequence[OpenLine], supplies: Sequence[Supply]) -> list[Piece]:
    """Return the best shares of the supplies of one item among the lines. Raises UnsolvedError."""
    program, ways = Program(), dict[tuple[int, int], int]()
    for nth, line in enumerate(lines):
        for place, supply in enumerate(supplies):
            if most := min(line.missing, usable(supply, line.station, line.area)):
                ways[nth, place] = program.add(most)
    if not ways:
        return []
    for place, supply in enumerate(supplies):
        everybody = {way: 1.0 for (_, at), way in ways.items() if at == place}
        others = {w: 1.0 for (nth, at), w in ways.items() if at == place and lines[nth].station != supply.holder}
        program.at_most(supply.available, everybody)
        program.at_most(supply.shareable, others)
    given = [[way for (at, _), way in ways.items() if at == nth] for nth in range(len(lines))]
    for line, own in zip(lines, given, strict=True):
        _require_use(program, line, own)
    for band in sorted({line.band for line in lines}, reverse=True):
        of_band = [pair for pair in zip(lines, given, strict=True) if pair[0].band == band]
        program.maximize({way: 1 / line.asked.quantity for line, own in of_band for way in own})
    for band in sorted({line.band for line in lines}, reverse=True):
        _raise_floor(program, [pair for pair in zip(lines, given, strict=True) if pair[0].band == band])
    program.minimize({w: rings_between(supplies[at].area, lines[nth].area) for (nth, at), w in ways.items()})
    found = ((lines[nth], supplies[at], program.value(way)) for (nth, at), way in ways.items())
    return [Piece(line, supply, amount) for line, supply, amount in found if amount]


def _require_use(program: Program, line: OpenLine, ways: Sequence[int]) -> None:
    """Permit the line all that it can use, or nothing."""
    least = (line.asked.min_useful if line.asked.divisible else line.asked.quantity) - line.held
    total = dict.fromkeys(ways, 1.0)
    program.at_most(line.missing, total)
    if ways and least > 1:
        used = program.add(1)
        program.at_least(0, total | {used: -float(least)})
        program.at_most(0, total | {used: -float(line.missing)})


def _raise_floor(program: Program, lines: Sequence[tuple[OpenLine, Sequence[int]]]) -> None:
    floor = program.add(1, whole=False)
    for line, ways in lines:
        shares = dict.fromkeys(ways, 1 / line.asked.quantity)
        program.at_least(-line.held / line.asked.quantity, shares | {floor: -1.0})
    program.maximize({floor: 1.0})
