"""The rules of the catalogue: entries are added, extended and retired, and never changed otherwise."""

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.catalogue.entries import MAX_SYNONYMS, MAX_UNITS, Entry, Unit
from shared.contracts.catalogue.folding import fold
from shared.contracts.catalogue.matching import Catalogue, check_units
from shared.contracts.refusals import Refused
from shared.contracts.stations.catalogue import AddEntry, ExtendEntry, RetireEntry, UnitAsked


def added(asked: AddEntry, known: Catalogue) -> Entry:
    """Return the entry to add.

    Raises Refused: "conflict" where the code has another entry (field "code", or "units" for another factor), "invalid"
    where a name belongs to another entry, an item has no sound units, another kind has some, or an equivalent is
    unknown.
    """
    entry = Entry(
        kind=asked.kind,
        code=asked.code,
        zh=asked.zh,
        en=asked.en,
        synonyms=asked.synonyms,
        form=asked.form,
        units=tuple(map(_to_unit, asked.units)),
        equivalents=asked.equivalents,
    )
    before = known.get(asked.kind, asked.code)
    if before is not None and before != entry:
        _keep_factors(before, entry.units)
        raise Refused("conflict", "code_taken", field="code", taken=asked.code)
    _check_form(entry)
    _check(entry, known)
    return entry


def extended(asked: ExtendEntry, known: Catalogue) -> Entry:
    """Return the entry with the further words, units and equivalents; ones that it has already change nothing.

    Raises Refused: "not_found" for an unknown code, "conflict" (field "units") where a unit has another factor,
    "wrong_state" for a retired entry, "invalid" as `added` does.
    """
    before = _require(asked, known)
    if before.retired_at is not None:
        raise Refused("wrong_state", "entry_in_use", field="code")
    if asked.units and before.kind != "item":
        raise Refused("invalid", "only_items_have_units", field="units")
    folded = set(map(fold, before.names))
    synonyms = (*before.synonyms, *(word for word in asked.synonyms if fold(word) not in folded))
    equivalents = (*before.equivalents, *(code for code in asked.equivalents if code not in before.equivalents))
    after = before.model_copy(
        update={"synonyms": synonyms, "units": _extended_units(before, asked), "equivalents": equivalents}
    )
    if max(len(after.synonyms), len(after.equivalents)) > MAX_SYNONYMS or len(after.units) > MAX_UNITS:
        raise Refused("invalid", "entry_too_large", field="code", words=MAX_SYNONYMS, units=MAX_UNITS)
    _check(after, known)
    return after


def retired(asked: RetireEntry, known: Catalogue, now: datetime) -> Entry:
    """Return the entry as retired; one already retired with this successor is returned unchanged.

    Raises Refused: "not_found" for an unknown code, "invalid" (field "successor") where the successor is unknown,
    retired, the entry itself, or an item in other base units.
    """
    before = _require(asked, known)
    successor = asked.successor or ""
    if before.retired_at is not None and before.successor == successor:
        return before
    if successor:
        _check_successor(before, known.get(asked.kind, successor))
    return before.model_copy(update={"retired_at": before.retired_at or now, "successor": successor})


def _require(asked: ExtendEntry | RetireEntry, known: Catalogue) -> Entry:
    entry = known.get(asked.kind, asked.code)
    if entry is None:
        raise Refused("not_found", "known_entry", field="code", kind=asked.kind, entry=asked.code)
    return entry


def _check_form(entry: Entry) -> None:
    if entry.kind == "item" and entry.form is None:
        raise Refused("invalid", "item_has_form", field="form")
    if entry.kind != "item" and (entry.form or entry.units or entry.equivalents):
        raise Refused("invalid", "only_items_have_units", field="units")


def _check(entry: Entry, known: Catalogue) -> None:
    if clashes := known.clashes(entry):
        taken = fold(clashes[0])
        field = next((name for name in ("code", "zh", "en") if fold(getattr(entry, name)) == taken), "synonyms")
        raise Refused("invalid", "one_entry_a_name", field=field, names=",".join(clashes))
    if entry.kind == "item":
        check_units(entry.units)
    for code in entry.equivalents:
        other = known.get("item", code)
        if other is None or other.form != entry.form or code == entry.code:
            raise Refused("invalid", "known_equivalent", field="equivalents", equivalent=code)


def _check_successor(before: Entry, successor: Entry | None) -> None:
    unfit = (
        successor is None
        or successor.retired_at is not None
        or successor.code == before.code
        or (before.units and (successor.form, successor.base.code) != (before.form, before.base.code))
    )
    if unfit:
        raise Refused("invalid", "successor_in_use", field="successor")


def _extended_units(before: Entry, asked: ExtendEntry) -> tuple[Unit, ...]:
    units = tuple(map(_to_unit, asked.units))
    _keep_factors(before, units)
    known = {unit.code: unit for unit in before.units}
    for unit in units:
        known.setdefault(unit.code, unit)
    return tuple(known.values())


def _keep_factors(before: Entry, units: Iterable[Unit]) -> None:
    known = {unit.code: unit.factor for unit in before.units}
    for unit in units:
        if known.setdefault(unit.code, unit.factor) != unit.factor:
            raise Refused("conflict", "factor_never_changes", field="units", unit=unit.code, factor=known[unit.code])


def _to_unit(asked: UnitAsked) -> Unit:
    return Unit(code=asked.code, zh=asked.zh, en=asked.en, synonyms=asked.synonyms, factor=asked.factor)
