"""The entries that are shipped: in Chinese and English, from the source documents and the field's usage.

Languages have the codes of ISO 639-3; entries that the city adds are told by events.
"""

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Final

from shared.contracts.catalogue.entries import Entry, Kind, Unit

_FILES: Final[Mapping[Kind, str]] = {
    "theme": "themes.csv",
    "group": "groups.csv",
    "item": "items.csv",
    "skill": "skills.csv",
    "language": "languages.csv",
    "hazard": "hazards.csv",
}
Row = Mapping[str, str]


def _read(name: str) -> list[Row]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _words(row: Row) -> tuple[str, ...]:
    return tuple(filter(None, row["synonyms"].split("|")))


def _units(text: str, known: Mapping[str, Unit]) -> tuple[Unit, ...]:
    """Return the units of `gram kilogram=1000`."""
    parts = (part.partition("=") for part in text.split())
    return tuple(known[code].model_copy(update={"factor": int(factor or 1)}) for code, _, factor in parts)


def _load() -> Iterator[Entry]:
    units = {
        row["code"]: Unit(code=row["code"], zh=row["zh"], en=row["en"], synonyms=_words(row))
        for row in _read("units.csv")
    }
    for kind, name in _FILES.items():
        for row in _read(name):
            fields: dict[str, object] = {"kind": kind, "code": row["code"], "zh": row["zh"], "en": row["en"]}
            if kind == "item":
                fields["form"] = row["kind_of_item"]
                fields["units"] = _units(row["units"], units)
                fields["equivalents"] = tuple(row["equivalents"].split())
            yield Entry.model_validate({**fields, "synonyms": _words(row)})


DEFAULTS: Final[tuple[Entry, ...]] = tuple(_load())
"""Every shipped entry."""
