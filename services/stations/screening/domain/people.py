"""The people of a screening, each once over all screenings of a period: as counts alone, without a name. Pure.

For every area around a screening and every period around the day on which it began, one examination of a person counts
the person. The screening adds up those that count: so the sum over screenings is the number of people.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from services.stations.screening.domain.result import Examination
from services.stations.screening.domain.screening import Screening
from shared.contracts.areas import LEVELS
from shared.contracts.legal_days import LEGAL_ZONE, periods_around
from shared.contracts.stations.screenings import NewPeople

AREA_DIGITS: Final = (0, *sorted(LEVELS))
"""Digits of the areas in which people are counted; 0 is everywhere."""
Counted = Mapping[str, Sequence[int]]
"""The digits of the areas in which an examination counts its person, by the kind of period."""
Cell = tuple[str, str]
"""A period and an area: `("2026-Q1", "110102")`."""


def day_of(screening: Screening) -> str:
    """Return the legal day on which the screening began, and until then that for which it is planned."""
    return (screening.began_at or screening.starts_at).astimezone(LEGAL_ZONE).date().isoformat()


def count_person(day: str, area: str, others: Iterable[Examination]) -> Counted:
    """Return where an examination on the day in the area counts its person: in no place where another one is."""
    known = {cell for one in others for cell in _cells_of(one.day, one.area)}
    return _without(_all(day, area), day, area, known)


def count_again(examinations: Sequence[Examination], *, restores: bool) -> dict[str, Counted]:
    """Return where examinations of one person count, by their ids, for those of which that changes.

    Of two that count in one place, after a merge, the first alone goes on; and where none does, after people are
    parted, the first, if it `restores`. Those of a release that did not count are left out.
    """
    known = sorted((one for one in examinations if one.day), key=lambda one: one.id)
    after: dict[str, dict[str, list[int]]] = {one.id: {kind: [] for kind in NewPeople.model_fields} for one in known}
    taken = set[Cell]()
    for counts in (True, False) if restores else (True,):
        for one in known:
            for kind, name in periods_around(one.day).items():
                for digits in _digits_of(one.area):
                    cell = (name, one.area[:digits])
                    if (digits in one.counted.get(kind, ())) == counts and cell not in taken:
                        taken.add(cell)
                        after[one.id][kind].append(digits)
    found = {one.id: {kind: tuple(sorted(digits)) for kind, digits in after[one.id].items()} for one in known}
    return {one.id: found[one.id] for one in known if found[one.id] != _complete(one.counted)}


def with_people(screening: Screening, before: Counted, after: Counted) -> Screening:
    """Return the screening whose counts of people follow a change of one examination; itself where there is none."""
    if _complete(before) == _complete(after):
        return screening
    stored = screening.new_people or NewPeople()
    places = _digits_of(screening.area)
    update = {}
    for kind in NewPeople.model_fields:
        numbers = dict(zip(AREA_DIGITS, getattr(stored, kind), strict=False))
        for digits in places:
            change = (digits in after.get(kind, ())) - (digits in before.get(kind, ()))
            numbers[digits] = max(numbers.get(digits, 0) + change, 0)
        update[kind] = tuple(numbers[digits] for digits in AREA_DIGITS if digits in numbers)
    return screening.model_copy(update={"new_people": NewPeople(**update)})


def _cells_of(day: str, area: str) -> list[Cell]:
    return (
        [(name, area[:digits]) for name in periods_around(day).values() for digits in _digits_of(area)] if day else []
    )


def _digits_of(area: str) -> list[int]:
    return [digits for digits in AREA_DIGITS if digits <= len(area)]


def _all(day: str, area: str) -> Counted:
    return dict.fromkeys(periods_around(day), tuple(_digits_of(area)))


def _without(counted: Counted, day: str, area: str, known: set[Cell]) -> Counted:
    names = periods_around(day)
    return {
        kind: tuple(each for each in digits if (names[kind], area[:each]) not in known)
        for kind, digits in counted.items()
    }


def _complete(counted: Counted) -> dict[str, tuple[int, ...]]:
    return {kind: tuple(counted.get(kind, ())) for kind in NewPeople.model_fields}
