"""Messages of every type, made from its own schema, so that a new type is covered the day it is made."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from shared.contracts.envelope import CloudEvent, event_path, to_cloud_event
from shared.contracts.export import schemas
from shared.contracts.messages import EVENTS

AREA = "110102009017"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MOST_CHOICES = 12
PHONE = "+861066012345"
"""An invented landline, in the form in which phones are stored."""
LOOK_UPS: list[dict[str, Any]] = [
    {"phone": PHONE}, {"identity_number": "11010519491231002X"}, {"name": "Lin Example", "birth_year": 1949},
]  # fmt: skip
DUPLICATES: list[dict[str, Any]] = [{"person_id": "vol-1"}, {"details": {"name": "Lin Example", "birth_year": 1949}}]
BY_HAND: dict[str, list[dict[str, Any]]] = {
    "Donate": [
        {"station_id": "station-1", "station_area": AREA, "goods": [{"item": "quilt", "quantity": 2, "unit": "piece"}]},
        {"station_id": "station-1", "services": [{"item": "legal_aid", "quantity": 1}], "donor_id": "donor-1"},
        {"fund_id": "fund-1", "amount_fen": 500, "donor": {"name": "Lin Example", "phone": PHONE}},
    ],
    **dict.fromkeys(("LookUpVolunteers", "LookUpDonors"), LOOK_UPS),
    **dict.fromkeys(("FindDuplicateVolunteers", "FindDuplicateDonors"), DUPLICATES),
    "RecordPayment": [
        {"id": "pay-1", "amount_fen": 500, "payee": payee, "evidence": {"reference": "2026/17", "sha256": "a" * 64}}
        for payee in (
            {"kind": "organisation", "organisation_id": "org-1"},
            {"kind": "person", "name": "Lin Example", "account": "Example Bank 1"},
            {"kind": "voucher", "voucher": "V-1"},
        )
    ],
    "NotifyPeople": [
        {"id": "breach-1", "expected_version": 2, "at": "2026-03-02T09:00:00Z"},
        {"id": "breach-1", "reason": "measures_avoid_harm"},
    ],
}
"""Where fields exclude each other, by the model's name."""
_PATTERNS = {
    "{12}": AREA, "[a-z][a-z0-9_]": "sample_code", "[a-z0-9_]{0,63}": "sample_code",
    "^[0-9a-f]{64}$": "a" * 64, "^actor": "actor.stations." + "a" * 43,
}  # fmt: skip
_BY_NAME = {
    "phone": PHONE, "identity_number": "11010519491231002X", "birth_year": 1949,
    "start": "08:00", "end": "17:30", "since": "2026-03-02", "until": "2026-06-01", "credit_code": "52110102MJ0123456B",
}  # fmt: skip


def messages(name: str, schema: dict[str, Any]) -> Iterator[Any]:
    """Some that the schema allows: with as little as can be, and whole with each choice of each field.

    What a model demands of fields together a schema cannot say: not every one need be valid.
    """
    parts = schema.get("$defs", {})
    yield filled(schema, parts, least=True)
    for nth in range(MOST_CHOICES):
        yield filled(schema, parts, nth=nth)
    yield from BY_HAND.get(name, ())


def filled(schema: dict[str, Any], parts: dict[str, Any], *, name: str = "", nth: int = 0, least: bool = False) -> Any:
    """Some value that the schema allows; of several choices the nth, of an object every field or the `least`."""
    schema = _chosen(schema, parts, nth)
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return values[nth % len(values)]
    if schema["type"] == "object":
        if isinstance(values := schema.get("additionalProperties"), dict):
            return {} if least else {"sample": filled(values, parts, name=name, nth=nth)}
        wanted = schema.get("required", ()) if least else schema.get("properties", {})
        return {
            key: filled(part, parts, name=key, nth=nth, least=least)
            for key, part in schema.get("properties", {}).items()
            if key in wanted
        }
    if schema["type"] == "array":
        return [filled(schema["items"], parts, name=name, nth=nth, least=least)]
    return _plain(schema, name)


def _chosen(schema: dict[str, Any], parts: dict[str, Any], nth: int) -> dict[str, Any]:
    while "type" not in schema and not {"const", "enum"} & schema.keys():
        if "$ref" in schema:
            schema = parts[schema["$ref"].rsplit("/", 1)[1]]
        else:
            options = schema.get("anyOf") or schema["oneOf"]
            schema = options[nth % len(options)]
    return schema


def _plain(schema: dict[str, Any], name: str) -> Any:
    if schema["type"] == "null":
        return None
    if name in _BY_NAME:
        return _BY_NAME[name]
    if schema["type"] in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    if schema["type"] == "boolean":
        return True
    if schema.get("format") == "date-time":
        return "2026-03-02T10:00:00Z" if name.startswith("ends") else "2026-03-02T09:00:00Z"
    return next((text for part, text in _PATTERNS.items() if part in schema.get("pattern", "")), f"{name}-1")


_schemas = cache(schemas)
"""Made once: the schemas of all messages take a tenth of a second."""


def event_schema(kind: str) -> dict[str, Any]:
    """Return the schema of that event's data; it is shared, so leave it unchanged."""
    return _schemas()[event_path(kind)]


def sample_data(kind: str) -> dict[str, Any]:
    """Return data of that event with every field filled."""
    schema = event_schema(kind)
    data: dict[str, Any] = filled(schema, schema.get("$defs", {}))
    return data


def sample(kind: str) -> CloudEvent:
    """An event of that type in its envelope, as a service would have sent it."""
    return to_cloud_event(
        EVENTS[kind].model_validate(sample_data(kind)), subject="subject_1", version=3, nth=0, time=NOW, area=AREA,
        correlation="correlation-1", causation="cause-1", traceparent=TRACE,
    )  # fmt: skip
