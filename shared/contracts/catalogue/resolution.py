"""The labels of a request become codes at its owner's door, and quantities become base units. Pure.

Callers may write a code, a word in either language or a synonym; entities and events hold codes only.
"""

from collections.abc import Iterable
from typing import Final

from shared.contracts.catalogue.entries import Entry, Form, Kind, Unit
from shared.contracts.catalogue.matching import Catalogue, convert, find_unit
from shared.contracts.refusals import Refused

MOST_BASE_UNITS: Final = 10**14
"""The largest quantity in base units: exact in a JSON reader that has only doubles (2**53)."""


def require_entry(catalogue: Catalogue, kind: Kind, label: str, field: str) -> Entry:
    """Return the entry in use that the label names.

    Raises Refused("invalid") naming the field, with up to five nearest entries for an unknown label, and with the
    successor in use for a retired entry. The label itself is not repeated: it may be about a person.
    """
    entry = catalogue.find(kind, label)
    if entry is None:
        near = ",".join(found.code for found in catalogue.nearest(kind, label))
        if near:
            raise Refused("invalid", "unknown_label", field=field, kind=kind, nearest=near)
        raise Refused("invalid", "unlike_any_label", field=field, kind=kind)
    if entry.retired_at is None:
        return entry
    if successor := _find_successor(catalogue, entry):
        raise Refused("invalid", "entry_succeeded", field=field, retired=entry.code, successor=successor)
    raise Refused("invalid", "entry_retired", field=field, retired=entry.code)


def _find_successor(catalogue: Catalogue, retired: Entry) -> str:
    """Return the code of the first entry in use along the successors; empty where there is none."""
    passed = {retired.code}
    entry: Entry | None = retired
    while entry is not None and entry.retired_at is not None:
        # Ends: each step leads to another entry. Views that events reach out of order may show a circle for a while.
        if entry.successor in passed:
            return ""
        passed.add(entry.successor)
        entry = catalogue.get(entry.kind, entry.successor)
    return "" if entry is None else entry.code


def require_codes(catalogue: Catalogue, kind: Kind, labels: Iterable[str], field: str) -> tuple[str, ...]:
    """Return the codes of the labels, each once and in their order. Raises Refused as `require_entry` does."""
    codes = (require_entry(catalogue, kind, label, f"{field}.{nth}").code for nth, label in enumerate(labels))
    return tuple(dict.fromkeys(codes))


def require_item(catalogue: Catalogue, form: Form, label: str, field: str) -> Entry:
    """Return the item of that form. Raises Refused as `require_entry` does, and for an item of the other form."""
    item = require_entry(catalogue, "item", label, field)
    if item.form != form:
        raise Refused("invalid", "item_of_other_form", field=field, item=item.code, form=item.form or "goods")
    return item


def to_base_units(item: Entry, quantity: int, unit: str | None, field: str) -> tuple[Unit, int]:
    """Return the unit that the label names (the base unit for none), and the quantity in base units.

    `field` is the path of the line or gift. Raises Refused("invalid") naming its `unit` where the item has no such
    unit, and its `quantity` beyond MOST_BASE_UNITS.
    """
    found = find_unit(item, unit)
    if found is None:
        units = ",".join(known.code for known in item.units)
        raise Refused("invalid", "unknown_unit", field=f"{field}.unit", item=item.code, units=units)
    base = convert(quantity, found)
    if base > MOST_BASE_UNITS:
        raise Refused("invalid", "quantity_too_large", field=f"{field}.quantity", most=MOST_BASE_UNITS)
    return found, base
