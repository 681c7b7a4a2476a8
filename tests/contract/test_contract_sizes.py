"""The largest message of every kind that its bounds allow, in characters of three bytes, fits into its budget.

The bounds are those of the schemas. The lists that an event leaves open its owner bounds: `BY_OWNER` names the rule.
The events that would be larger all the same are told in parts, and the tests of their owners play them at their
largest.
"""

from typing import Any, Final

from pydantic_core import to_json

from shared.contracts.catalogue.entries import MAX_SYNONYMS, MAX_UNITS
from shared.contracts.envelope import MAX_EVENT_BYTES, event_path
from shared.contracts.examples import AREA
from shared.contracts.export import schemas
from shared.contracts.messages import COMMANDS, EVENTS, MAX_COMMAND_BYTES
from shared.contracts.registry import load_contracts
from tests.each import for_each

load_contracts()
ENVELOPE: Final = 2048
"""Bytes of an event around its data: ids, types, the trace."""
LONG: Final = {"area": AREA, "areas": AREA, "code": "x" * 48, "commodity": "goods:" + "x" * 48, "line_id": "l20"}
PLAIN_TEXT: Final = 110
"""Characters of a text without a bound of its own: an id of its owner, `stock:<station>:<commodity>` at most."""
INSTANT: Final = "2026-03-02T08:00:00.123456+08:00"
REASON: Final = {
    "code": "gave_part_accounts_used_up",
    "args": {"gave": 10**18, "missing": 10**18, "commodity": "goods:" + "x" * 48},
}
"""The longest reason that stands in a list."""
BY_OWNER: Final = {
    "beneficiary_groups": 10,  # Beneficiaries.groups
    "lines": 20,  # RegisterNeed.lines
    "committed": 20,
    "fulfilled": 20,
    "delivered": 20,
    "waiting": 21,  # one for each line, one for the people
    "amounts": 20,
    "scopes": 6,  # GiveConsent.scopes
    "goods": 50,  # Donate.goods
    "services": 50,
    "stock": 100,
    "sources": 100,  # MAX_SOURCES
    "tried": 120,  # lines and rings
    "changed": 100,  # MAX_CHANGES
    "reasons": 1,
    "skills": 20,
    "languages": 20,
    "synonyms": MAX_SYNONYMS,
    "units": MAX_UNITS,
    "equivalents": MAX_SYNONYMS,
    "areas": 200,
    "roles": 10,
    "qualifications": 10,
    "categories": 12,
    "harms": 7,
    "measures": 10,
}
"""The most items of a list for which the schema of an event sets no bound, by the field's name."""
IN_PARTS: Final = {
    "charity.link.linked", "charity.link.released", "charity.link.delivered",  # test_link_sizes
    "volunteering.staffing.offered", "volunteering.staffing.confirmed", "volunteering.staffing.changed",
    "volunteering.staffing.awaited", "volunteering.staffing.released",  # test_dispatch_sizes
}  # fmt: skip
REFUSED: Final = {
    "charity.donation.corrected",  # likewise
    "charity.donation.received",  # test_donations: codes are ASCII, so that every gift of today fits
    "stations.catalogue.entry_added", "stations.catalogue.entry_extended", "stations.catalogue.entry_retired",
}  # fmt: skip
"""The events that commands alone cause: too large an event refuses its command by name (`effect_too_large`)."""
BULK: Final = {("stations", "RegisterNeeds"): "needs", ("stations", "ImportAreas"): "rows"}
"""The commands that the gateway splits, by the list that is split."""


def largest(schema: dict[str, Any], parts: dict[str, Any], name: str = "") -> Any:
    """Return the largest value that the schema allows, as the JSON of it is counted in bytes."""
    if "$ref" in schema:
        kind = schema["$ref"].rsplit("/", 1)[1]
        return REASON if kind == "Reason" else largest(parts[kind], parts, name)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return max((largest(option, parts, name) for option in options), key=size)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return max(schema["enum"], key=size)
    return {"object": _object, "array": _array, "string": _text}.get(schema["type"], _plain)(schema, parts, name)


def _object(schema: dict[str, Any], parts: dict[str, Any], name: str) -> Any:
    if name == "args":  # of a reason or of a next step
        return REASON["args"]
    assert "properties" in schema or not schema.get("additionalProperties"), f"{name}: a table without bounds"
    return {key: largest(part, parts, key) for key, part in schema.get("properties", {}).items()}


def _array(schema: dict[str, Any], parts: dict[str, Any], name: str) -> Any:
    most = schema.get("maxItems", BY_OWNER.get(name))
    assert most is not None, f"nothing bounds the list {name}: set max_length, or name its owner's rule in BY_OWNER"
    return [largest(schema["items"], parts, name)] * most


def _text(schema: dict[str, Any], _: dict[str, Any], name: str) -> str:
    if schema.get("format") == "date-time":
        return INSTANT
    if schema.get("format") == "date":
        return INSTANT[:10]
    if "pattern" in schema:  # in ASCII
        return LONG.get(name) or "x" * min(schema.get("maxLength", PLAIN_TEXT), PLAIN_TEXT)
    if "maxLength" in schema:
        return "善" * schema["maxLength"]
    return LONG.get(name) or "x" * PLAIN_TEXT


def _plain(schema: dict[str, Any], _: dict[str, Any], __: str) -> Any:
    return {"null": None, "boolean": False, "number": -179.123456789}.get(schema["type"], schema.get("maximum", 10**18))


def size(value: Any) -> int:
    return len(to_json(value))


ALL: Final = schemas()


def largest_of(path: str) -> Any:
    schema = ALL[path]
    return largest(schema, schema.get("$defs", {}))


@for_each("kind", sorted(EVENTS))
def test_the_largest_event_of_every_kind_fits_or_is_told_in_parts_or_refused_by_name(kind: str) -> None:
    bytes_of_it = size(largest_of(event_path(kind))) + ENVELOPE
    assert (bytes_of_it > MAX_EVENT_BYTES) == (kind in IN_PARTS | REFUSED), f"{kind}: {bytes_of_it} bytes"


@for_each(("service", "kind"), sorted(COMMANDS))
def test_the_largest_command_of_every_kind_fits_or_is_split_at_the_door(service: str, kind: str) -> None:
    whole = largest_of(f"{service}/commands/{kind}.json")
    split = BULK.get((service, kind))
    assert (size(whole) > MAX_COMMAND_BYTES) == (split is not None), f"{kind}: {size(whole)} bytes"
    if split is not None:
        assert size(whole[split][0]) < MAX_COMMAND_BYTES - 4096, f"one of {split} alone does not fit"
