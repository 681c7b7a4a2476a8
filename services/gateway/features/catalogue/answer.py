"""Answers about the catalogue: the shipped entries and those of the city as one list."""

from collections.abc import Iterable, Iterator

from pydantic import Field

from services.gateway.features.catalogue.view import EntryView
from services.gateway.http.answers import Answer, InstantText, Versioned
from shared.contracts.catalogue.defaults import DEFAULTS
from shared.contracts.catalogue.entries import Entry, Unit
from shared.contracts.catalogue.folding import fold
from shared.contracts.stations import catalogue as contract


class UnitAnswer(Answer):
    """A unit of an item."""

    code: str
    zh: str
    en: str
    synonyms: list[str]
    factor: int = Field(description="Base units in one of it; 1 for the base unit, which stands first.")


class EntryAnswer(Versioned):
    """An entry of the catalogue. Only an item has a form, units and equivalents."""

    kind: str
    code: str
    zh: str
    en: str
    synonyms: list[str]
    form: str | None = Field(description="Of an item: `goods` or `service`.")
    units: list[UnitAnswer]
    equivalents: list[str] = Field(description="Items that may be given instead, by code.")
    retired_at: InstantText | None
    successor: str = Field(description="The code of the entry to use instead; empty for none.")


def entry_from_view(view: EntryView) -> EntryAnswer:
    """Return the entry as its view shows it."""
    return _answer(view.entry, view.seen)


def entry_from_owner(answer: contract.EntryAnswer) -> EntryAnswer:
    """Return the entry as its owner answered."""
    return _answer(answer.entry, answer.version)


def shipped_entry(kind: str, code: str) -> EntryAnswer | None:
    """Return an entry that the city has not changed; None where none is shipped under that code."""
    return next((_answer(entry, 0) for entry in DEFAULTS if (entry.kind, entry.code) == (kind, code)), None)


def list_entries(
    views: Iterable[EntryView], *, kind: str | None, label: str | None, retired: bool | None
) -> Iterator[EntryAnswer]:
    """Yield the entries that fit, by kind and code; a view counts before the shipped entry of its code.

    `label` fits an entry with a name that holds it after folding.
    """
    changed = {view.id: entry_from_view(view) for view in views}
    shipped = {f"{entry.kind}:{entry.code}": _answer(entry, 0) for entry in DEFAULTS}
    part = fold(label) if label else ""
    for _, answer in sorted({**shipped, **changed}.items()):
        if kind is not None and answer.kind != kind:
            continue
        if retired is not None and (answer.retired_at is not None) != retired:
            continue
        names = (answer.code, answer.code.replace("_", ""), answer.zh, answer.en, *answer.synonyms)
        if any(part in fold(name) for name in names):
            yield answer


def _answer(entry: Entry, version: int) -> EntryAnswer:
    return EntryAnswer(
        id=f"{entry.kind}:{entry.code}",
        version=version,
        kind=entry.kind,
        code=entry.code,
        zh=entry.zh,
        en=entry.en,
        synonyms=list(entry.synonyms),
        form=entry.form,
        units=[_unit(unit) for unit in entry.units],
        equivalents=list(entry.equivalents),
        retired_at=entry.model_dump(mode="json")["retired_at"],
        successor=entry.successor,
    )


def _unit(unit: Unit) -> UnitAnswer:
    return UnitAnswer(code=unit.code, zh=unit.zh, en=unit.en, synonyms=list(unit.synonyms), factor=unit.factor)
