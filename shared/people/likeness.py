"""The likeness of two people: how likely they are one person registered twice, with the reasons. Pure.

Points add up and are bounded by 0 and 100. They follow one thought of Fellegi and Sunter (A Theory for Record Linkage,
1969): agreement counts for, disagreement against, each by how rare it is among different people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

from rapidfuzz.fuzz import ratio

from shared.contracts.person_names import fold_name
from shared.contracts.reasons import Reason, reason
from shared.people.marks import Particulars
from shared.people.spelling import sort_letters, spell

LIKELY: Final = 50
"""Points from which two people are shown as one person perhaps."""
MOST_SHOWN: Final = 20
SURE: Final = 100
_NAME, _YEAR, _PHONE, _HOME = 40, 20, 30, 15
_CLOSE_YEAR: Final = 5
_OTHER_NUMBER, _OTHER_YEAR, _OTHER_NAME = -50, -25, -10
_SIMILAR: Final = 70
"""Per cent from which names are called similar."""
_METRES_A_DEGREE: Final = 111_195
_NEAR_METRES: Final = 200


@dataclass(frozen=True, slots=True)
class Likeness:
    """The likeness to one person: 0 to 100 points, and the reasons for and against."""

    id: str
    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Compared:
    """The person whom all candidates are compared with: the name is folded and spelled once."""

    person: Particulars
    folded: str
    spelled: tuple[str, ...]
    sounds: frozenset[str]

    @classmethod
    def of(cls, person: Particulars) -> "_Compared":
        spelled = spell(person.name)
        return cls(person, fold_name(person.name), spelled, frozenset(map(sort_letters, spelled)))


_Part = tuple[int, Reason | None]
_NOTHING: Final[_Part] = (0, None)


def find_likely(person: Particulars, candidates: Mapping[str, Particulars]) -> list[Likeness]:
    """Return the candidates who are likely the person, the likeliest first, at most MOST_SHOWN."""
    compared = _Compared.of(person)
    found = [like for name, other in candidates.items() if (like := _compare(compared, other, name)) is not None]
    return sorted(found, key=lambda like: (-like.score, like.id))[:MOST_SHOWN]


def _compare(compared: _Compared, other: Particulars, other_id: str) -> Likeness | None:
    """Return the likeness of the two, None below LIKELY points."""
    person = compared.person
    numbers, beside = _numbers(person, other), (_years(person, other), _phones(person, other), _homes(person, other))
    # Names take the longest: they are not compared where the same one would not be enough.
    if numbers[0] + sum(points for points, _ in beside) + _NAME < LIKELY:
        return None
    parts = (numbers, _names(compared, other.name), *beside)
    score = max(0, min(SURE, sum(points for points, _ in parts)))
    if score < LIKELY:
        return None
    return Likeness(other_id, score, tuple(why for _, why in parts if why is not None))


def _numbers(person: Particulars, other: Particulars) -> _Part:
    if person.identity_number is None or other.identity_number is None:
        return _NOTHING
    # Another number means another person, unless one of the two was written down wrongly.
    same = person.identity_number == other.identity_number
    return (SURE, reason("same_identity_number")) if same else (_OTHER_NUMBER, reason("other_identity_number"))


def _names(compared: _Compared, other: str) -> _Part:
    if compared.folded == (other_folded := fold_name(other)):
        return _NAME, reason("same_name")
    theirs = spell(other)
    if not compared.sounds.isdisjoint(map(sort_letters, theirs)):
        return _NAME * 9 // 10, reason("same_sound")
    # Chinese names are short: one of three characters is a third. Their sound is compared letter by letter.
    sounds = max(ratio(read, other_read) for read in compared.spelled for other_read in theirs)
    percent = int(max(ratio(compared.folded, other_folded), sounds))
    if percent >= _SIMILAR:
        return _NAME * percent * 8 // 1000, reason("similar_name", percent=percent)
    return _OTHER_NAME, reason("other_name")


def _years(person: Particulars, other: Particulars) -> _Part:
    if person.birth_year is None or other.birth_year is None:
        return _NOTHING
    apart = abs(person.birth_year - other.birth_year)
    if apart == 0:
        return _YEAR, reason("same_birth_year")
    # A year of difference is the traditional count of age as often as another person.
    points = _CLOSE_YEAR if apart == 1 else _OTHER_YEAR
    return points, reason("other_birth_year", years=apart)


def _phones(person: Particulars, other: Particulars) -> _Part:
    if not person.phones or not other.phones:
        return _NOTHING
    if not set(person.phones).isdisjoint(other.phones):
        return _PHONE, reason("same_phone")
    lines, others = ({phone.partition(";")[0] for phone in one.phones} for one in (person, other))
    return _NOTHING if lines.isdisjoint(others) else (_PHONE // 3, reason("same_phone_line"))


def _homes(person: Particulars, other: Particulars) -> _Part:
    if person.home is None or other.home is None:
        return _NOTHING
    (lon, lat), (other_lon, other_lat) = person.home, other.home
    metres = hypot((lon - other_lon) * cos(radians(lat)), lat - other_lat) * _METRES_A_DEGREE
    return (_HOME, reason("lives_near", metres=round(metres))) if metres <= _NEAR_METRES else _NOTHING
