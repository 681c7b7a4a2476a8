"""The catalogue in memory: the match of a label, its nearest entries, and the conversion of quantities. Pure.

A catalogue is made of the shipped entries and those that the city has added or changed; it never changes itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from rapidfuzz import fuzz, process

from shared.contracts.catalogue.defaults import DEFAULTS
from shared.contracts.catalogue.entries import KINDS, Entry, Kind, Unit
from shared.contracts.catalogue.folding import fold
from shared.contracts.refusals import Refused

NEAREST: Final = 5
"""The most entries that a refusal names."""
LEAST_SIMILAR: Final = 35
"""Of 100: an entry less like the label than this helps nobody."""
Key = tuple[Kind, str]
"""The kind and the code, or the folded name, of an entry."""


@dataclass(frozen=True)
class Catalogue:
    """Every entry by kind and code, and every folded name."""

    entries: Mapping[Key, Entry]
    _names: Mapping[Key, str] = field(repr=False)
    _folded: Mapping[Kind, Sequence[str]] = field(repr=False)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """Return the catalogue of these entries; of two with one code the later counts.

        A name that two entries share stays with the first: no such entry is ever added, see `clashes`.
        """
        by_code: dict[Key, Entry] = {(entry.kind, entry.code): entry for entry in entries}
        names: dict[Key, str] = {}
        # Codes before words: an entry's code always finds it, even where another entry has that word as a synonym.
        for kind, code in by_code:
            names[kind, fold(code)] = code
        for (kind, code), entry in by_code.items():
            for name in entry.names:
                names.setdefault((kind, fold(name)), code)
        folded: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
        for kind, name in names:
            # A newer release may have a kind that this one does not know: it is kept, too.
            folded.setdefault(kind, []).append(name)
        return cls(by_code, names, folded)

    def with_entries(self, entries: Iterable[Entry]) -> "Catalogue":
        """Return the catalogue with further entries, or with later forms of those it has."""
        return Catalogue.of((*self.entries.values(), *entries))

    def get(self, kind: Kind, code: str) -> Entry | None:
        """Return the entry of a code; None for an unknown one."""
        return self.entries.get((kind, code))

    def find(self, kind: Kind, label: str) -> Entry | None:
        """Return the entry that the label names by code, word or synonym, retired or not; None where none does."""
        code = self._names.get((kind, fold(label)))
        return None if code is None else self.entries[kind, code]

    def clashes(self, entry: Entry) -> list[str]:
        """Return the names of the entry that belong to another of its kind already, in the order of the entry."""
        return [name for name in entry.names if self._names.get((entry.kind, fold(name)), entry.code) != entry.code]

    def nearest(self, kind: Kind, label: str) -> list[Entry]:
        """Return the entries in use whose names are most like the label, the most alike first, at most NEAREST."""
        found = process.extract(fold(label), self._folded[kind], scorer=fuzz.WRatio, limit=4 * NEAREST)
        codes = dict.fromkeys(self._names[kind, name] for name, score, _ in found if score >= LEAST_SIMILAR)
        entries = (self.entries[kind, code] for code in codes)
        return [entry for entry in entries if entry.retired_at is None][:NEAREST]


SHIPPED: Final = Catalogue.of(DEFAULTS)
"""The catalogue of a city that has changed nothing."""


def find_unit(item: Entry, label: str | None) -> Unit | None:
    """Return the unit of the item that the label names, the base unit for none; None where no unit has the name."""
    if label is None:
        return item.base
    folded = fold(label)
    return next((unit for unit in item.units if folded in map(fold, unit.names)), None)


def convert(quantity: int, unit: Unit) -> int:
    """Return the quantity in base units; exact, because a unit is a whole number of them."""
    return quantity * unit.factor


def in_unit(base_quantity: int, unit: Unit) -> int | None:
    """Return a quantity of base units in the unit; None where it is no whole number of them."""
    count, rest = divmod(base_quantity, unit.factor)
    return None if rest else count


def check_units(units: Sequence[Unit]) -> None:
    """Refuse units of an item that cannot be counted or told apart.

    The first is the base unit with factor 1, every other has a larger one, and no name stands for two units. Raises
    Refused("invalid") naming the field `units`.
    """
    if not units:
        raise Refused("invalid", "item_has_units", field="units")
    if units[0].factor != 1 or any(unit.factor == 1 for unit in units[1:]):
        raise Refused("invalid", "one_base_unit", field="units")
    names: dict[str, str] = {}
    for unit in units:
        for name in {fold(name) for name in unit.names}:
            if names.setdefault(name, unit.code) != unit.code:
                raise Refused("invalid", "unit_names_differ", field="units", unit=unit.code)
