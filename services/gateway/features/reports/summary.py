"""The sums of kept counts that make up a report. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.gateway.features.reports.counting import LEVELS, SPREAD, Figure, Table, Tally
from services.gateway.features.reports.periods import FIRST_YEAR, Period, cover, keys_of, split
from services.gateway.features.reports.spread import percentile
from services.gateway.features.reports.station_rows import STAGES
from services.gateway.reading.areas import within
from shared.contracts.areas import DISTRICT_DIGITS
from shared.engine.decide.schema import Document

PERCENTS: Final = (50, 90, 99)


class Sum(NamedTuple):
    """One figure of a report. `rows` is the name under which its rows are listed."""

    figure: str
    of: tuple[str, ...]
    value: int


class Spread(NamedTuple):
    """The spread of one duration: the number of things, and the minutes of each of PERCENTS, None without any."""

    figure: str
    of: tuple[str, ...]
    number: int
    minutes: tuple[int | None, ...]


@dataclass(slots=True)
class Summary:
    """The sums of one table over an area and a period: of all themes, and by theme."""

    table: Table
    whole: Counter[str] = field(default_factory=Counter)
    by_theme: dict[str, Counter[str]] = field(default_factory=dict)
    spreads: dict[str, Counter[int]] = field(default_factory=dict)

    def add(self, tallies: Iterable[Tally]) -> None:
        """Add kept counts; those of a spread apart."""
        # Names are taken apart once they are summed: a city's quarter has hundreds of counts with the same names.
        summed: dict[str, dict[str, int]] = {}
        for tally in tallies:
            found = summed.setdefault(tally.theme, {})
            for name, value in tally.figures.items():
                found[name] = found.get(name, 0) + value
        for theme, found in summed.items():
            of_theme = self.by_theme.setdefault(theme, Counter())
            for name, value in found.items():
                spread, is_spread, bucket = name.partition(SPREAD)
                if is_spread:
                    self.spreads.setdefault(spread, Counter())[int(bucket)] += value
                else:
                    self.whole[name] += value
                    of_theme[name] += value

    def sums(self, found: Mapping[str, int]) -> list[Sum]:
        """Return the figures in the order of the table; one without labels also where it is 0."""
        return [each for figure in self.table.figures if not figure.spread for each in _sums_of(figure, found)]

    def durations(self) -> list[Spread]:
        """Return the spread of each duration in the order of the table; one without labels also of nothing."""
        return [each for figure in self.table.figures if figure.spread for each in self._spreads_of(figure)]

    def _spreads_of(self, figure: Figure) -> Iterator[Spread]:
        if not figure.by:
            yield _spread_of(figure.name, (), self.spreads.get(figure.name, {}))
            return
        for name in sorted(self.spreads):
            found, *labels = name.split(":")
            if found == figure.name and len(labels) == len(figure.by) and any(self.spreads[name].values()):
                yield _spread_of(found, tuple(labels), self.spreads[name])


def _sums_of(figure: Figure, found: Mapping[str, int]) -> list[Sum]:
    if not figure.by:
        return [Sum(figure.name, (), found.get(figure.name, 0))]
    begin = f"{figure.name}:"
    kept = sorted((name, value) for name, value in found.items() if name.startswith(begin) and value)
    return [Sum(figure.name, tuple(name.removeprefix(begin).split(":")), value) for name, value in kept]


def _spread_of(name: str, labels: tuple[str, ...], buckets: Mapping[int, int]) -> Spread:
    return Spread(name, labels, sum(buckets.values()), tuple(percentile(buckets, each) for each in PERCENTS))


def tally_rule(table: Table, area: str, keys: Sequence[str], theme: str | None) -> Document:
    """Return the MongoDB rule for the kept counts whose sum is the report of an area; an empty area is everywhere."""
    rule: Document = {"table": table.name, "key": {"$in": list(keys)}, **within(area)}
    if len(area) in LEVELS:
        rule |= {"level": len(area), "area": area}
    else:
        rule["level"] = {"$in": [digits for digits in range(len(area), DISTRICT_DIGITS + 1) if digits]}
    return rule if theme is None else {**rule, "theme": theme}


class Coverage(NamedTuple):
    """The stations by stage at the end of a day."""

    day: str
    stages: Mapping[str, int]


def coverage_keys(period: Period) -> list[str]:
    """Return the kept periods from the first year to the last day of the period, split as the series needs them."""
    before = cover(period.first.replace(year=FIRST_YEAR, month=1, day=1), period.last)
    parts = [key for part in split(period) for key in cover(part.first, part.last)]
    opening = _before(period)
    return list(dict.fromkeys([*opening, *parts, *before]))


def _before(period: Period) -> list[str]:
    first = period.first.replace(year=FIRST_YEAR, month=1, day=1)
    return [] if period.first <= first else cover(first, period.first.fromordinal(period.first.toordinal() - 1))


def coverage_of(period: Period, tallies: Iterable[Tally]) -> list[Coverage]:
    """Return the stations by stage before the period, and at the end of each of its parts."""
    by_key: dict[str, Counter[str]] = {}
    for tally in tallies:
        by_key.setdefault(tally.key, Counter()).update(tally.figures)
    standing: Counter[str] = Counter()
    series = []
    for end, keys in [
        (period.first.fromordinal(period.first.toordinal() - 1), _before(period)),
        *((part.last, cover(part.first, part.last)) for part in split(period)),
    ]:
        for key in keys:
            standing.update(by_key.get(key, {}))
        stages = {stage: standing[f"entered_{stage}"] - standing[f"left_{stage}"] for stage in STAGES}
        series.append(Coverage(keys_of(end.isoformat())[0], stages))
    return series
