"""Marks (查找标记): keyed hashes by which a person is found whose data is sealed. Pure.

A mark is a letter for the kind of data, and HMAC-SHA-256 of kind and data with the mark key of the service, cut to 96
bits. Without the key nobody makes one, not even by trying all telephone numbers; no two services have the same. Equal
marks do show that two people share a value. All marks of a person stand in the field `marks` of the person's own
document: without them the person is not found (`NO_MARKS`).
"""

import base64
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from shared.contracts.person_names import fold_name
from shared.people.spelling import sort_letters, spell, spell_family_names

MARKS: Final = "marks"
"""The field of a person's document that holds the marks. Documents of release 0.2 have no such field."""
NO_MARKS: Final[Mapping[str, Any]] = {MARKS: []}
"""The change that makes a person unfindable. An empty list, because documents without the field are given marks."""
MarkKind = Literal["phone", "identity_number", "name", "sound", "household", "claim", "certificate"]
"""`name` with the year of birth, of staff alone; `sound`, its pinyin with the year of birth; `household`, home and
family name; `certificate`, the number of a licence.
"""
_LETTERS: Final[Mapping[str, MarkKind]] = {
    "i": "identity_number", "p": "phone", "s": "sound", "h": "household", "n": "name", "c": "claim",
    "t": "certificate",
}  # fmt: skip
_BLOCKS: Final[tuple[MarkKind, ...]] = ("identity_number", "phone", "sound", "household")
"""The kinds by which likely duplicates are found, the surest first."""
ClaimKind = Literal["identity_number", "phone_and_name"]
"""The particulars that one person alone has."""
MARK_BYTES: Final = 12
_CELLS: Final = 1000
"""Homes are compared by cells of a thousandth of a degree, about 100 m."""


@dataclass(frozen=True, slots=True, repr=False)  # an error or a log must not show it
class Particulars:
    """The particulars (身份要素) by which a person is found and compared. `home` is WGS 84: longitude, latitude.

    `other_phones` are those of a person with several.
    """

    name: str
    phone: str | None = None
    identity_number: str | None = None
    birth_year: int | None = None
    home: tuple[float, float] | None = None
    other_phones: tuple[str, ...] = ()

    @property
    def phones(self) -> tuple[str, ...]:
        """Every telephone number of the person."""
        return self.other_phones if self.phone is None else (self.phone, *self.other_phones)


class MarkKey(Protocol):
    """The part of the vault that marks are made with."""

    @property
    def mark_key(self) -> bytes:
        """The service's own key of marks, which no rotation changes."""


class Marker:
    """Makes the marks of one service by its mark key."""

    def __init__(self, vault: MarkKey) -> None:
        self._key = vault.mark_key

    def of_phone(self, phone: str) -> str:
        """Return the mark of a telephone number as it is stored; one with an extension has its own."""
        return self._make("phone", phone)

    def of_identity_number(self, number: str) -> str:
        """Return the mark of an identity number as it is stored."""
        return self._make("identity_number", number)

    def of_name(self, name: str, birth_year: int) -> str:
        """Return the mark of a name with the year of birth, however dots, blanks and case are written."""
        return self._make("name", fold_name(name), str(birth_year))

    def of_name_alone(self, name: str) -> str:
        """Return the mark of a name without a year of birth, by which staff are found; residents never have it."""
        return self._make("name", fold_name(name))

    def of_certificate(self, number: str) -> str:
        """Return the mark of the number of a certificate as it is stored."""
        return self._make("certificate", number)

    def of_person(self, person: Particulars) -> tuple[str, ...]:
        """Return all marks of a person, sorted: those by which a person is looked up, and those of the blocks."""
        found = set(self._of_sound(person, (person.birth_year,)))
        found.update(self._of_household(person, reach=0))
        found.update(self.of_phone(line) for phone in person.phones for line in lines_of(phone))
        if person.identity_number is not None:
            found.add(self.of_identity_number(person.identity_number))
        if person.birth_year is not None:
            found.add(self.of_name(person.name, person.birth_year))
        return tuple(sorted(found))

    def claims_of(self, person: Particulars) -> dict[ClaimKind, str]:
        """Return the marks of the particulars that one person alone has: number, and telephone together with the name.

        They stand in no person's `marks`, and the second is of a kind of its own.
        """
        found: dict[ClaimKind, str] = {}
        if person.identity_number is not None:
            found["identity_number"] = self.of_identity_number(person.identity_number)
        if person.phone is not None:
            found["phone_and_name"] = self._make("claim", person.phone, fold_name(person.name))
        return found

    def blocks_of(self, person: Particulars) -> dict[MarkKind, tuple[str, ...]]:
        """Return the marks of the people who may be this person, by the kind of block, the surest first.

        Beyond the person's own marks: homes in the cells around, and people whose year of birth is not known.
        """
        wider = (*self._of_sound(person, (None,)), *self._of_household(person, reach=1))
        return group_blocks((*self.of_person(person), *wider))

    def _of_sound(self, person: Particulars, years: Iterable[int | None]) -> list[str]:
        texts = ["" if year is None else str(year) for year in years]
        return [self._make("sound", sort_letters(read), text) for read in spell(person.name) for text in texts]

    def _of_household(self, person: Particulars, reach: int) -> list[str]:
        if person.home is None:
            return []
        lon, lat = (round(degrees * _CELLS) for degrees in person.home)
        near = range(-reach, reach + 1)  # a home near the edge of its cell is found from the next one
        cells = [(str(lon + east), str(lat + north)) for east in near for north in near]
        return [self._make("household", family, *cell) for family in spell_family_names(person.name) for cell in cells]

    def _make(self, kind: MarkKind, *parts: str) -> str:
        # The kind is hashed as well: a mark of one kind is never that of another.
        text = "\0".join((kind, *parts))
        digest = hmac.digest(self._key, text.encode(), "sha256")[:MARK_BYTES]
        return _LETTER_OF[kind] + base64.urlsafe_b64encode(digest).decode()


_LETTER_OF: Final = {kind: letter for letter, kind in _LETTERS.items()}


def group_blocks(marks: Iterable[str]) -> dict[MarkKind, tuple[str, ...]]:
    """Return the marks of blocks by their kind, the surest kind first; marks of other kinds are left out."""
    kinds = {mark: _LETTERS.get(mark[:1]) for mark in marks}
    blocks = {block: tuple(mark for mark, kind in kinds.items() if kind == block) for block in _BLOCKS}
    return {block: found for block, found in blocks.items() if found}


def lines_of(phone: str | None) -> tuple[str, ...]:
    """Return the number, and the main line of one with an extension, so that the main line finds extension 801, too."""
    if phone is None:
        return ()
    return tuple(dict.fromkeys((phone, phone.partition(";")[0])))
