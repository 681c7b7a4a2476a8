"""Examples of events, made from their schemas: every field is filled, and every name and number is invented."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.export import read_event
from shared.contracts.messages import EVENTS

Json = dict[str, Any]
AREA: Final = "110102009017"
NOW: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TRACE: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PHONE: Final = "+861066012345"
"""An invented landline, in the form in which phones are stored."""
_NUMBER: Final = "00k3v9x2a4b5c6d7e8f9"
_PATTERNS: Final = {
    "{12}": AREA, "[a-z][a-z0-9_]": "sample_code", "[a-z0-9_]{0,63}": "sample_code",
    "^[0-9a-f]{64}$": "a" * 64, "[01][0-9]|2[0-3]": "09:30",
    "[A-Z0-9=;,+-]": "FREQ=WEEKLY;BYDAY=TU", "^actor": "actor.stations." + "a" * 43,
}  # fmt: skip
_BY_NAME: Final = {
    "phone": PHONE, "email": "wen@example.org", "identity_number": "11010519491231002X", "birth_year": 1949,
    "start": "08:00", "end": "17:30", "since": "2026-03-02", "until": "2026-06-01", "credit_code": "52110102MJ0123456B",
}  # fmt: skip


@cache
def example_event(kind: str) -> CloudEvent:
    """Return an event of that type in its envelope, as its service would send it. `load_contracts()` comes first."""
    schema = read_event(kind)
    data = fill(schema, schema.get("$defs", {}))
    subject = kind.split(".")[1]
    if "id" in data:
        data["id"] = f"{subject}_{_NUMBER}"
    named = next((data[name] for name in ("id", f"{subject}_id", "need_id") if name in data), "")
    return to_cloud_event(
        EVENTS[kind].model_validate(data), subject=named or f"{subject}_{_NUMBER}", version=3, nth=0, time=NOW,
        area=AREA if "area" in data else "", correlation=f"request_{_NUMBER}", causation=f"message_{_NUMBER}",
        traceparent=TRACE,
    )  # fmt: skip


def fill(schema: Json, parts: Json, *, name: str = "", nth: int = 0, least: bool = False) -> Any:
    """Return a value that the schema allows: of several choices the nth, of an object every field or the `least`.

    `parts` are the schemas that `schema` refers to, by the last word of the reference; `name` is that of the field.
    """
    schema = _choose(schema, parts, nth)
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        return values[nth % len(values)]
    if schema["type"] == "object":
        if isinstance(values := schema.get("additionalProperties"), dict):
            return {} if least else {"sample": fill(values, parts, name=name, nth=nth)}
        wanted = schema.get("required", ()) if least else schema.get("properties", {})
        return {
            key: fill(part, parts, name=key, nth=nth, least=least)
            for key, part in schema.get("properties", {}).items()
            if key in wanted
        }
    if schema["type"] == "array":
        return [fill(schema["items"], parts, name=name, nth=nth, least=least)]
    return _fill_plain(schema, name)


def _choose(schema: Json, parts: Json, nth: int) -> Json:
    while "type" not in schema and not {"const", "enum"} & schema.keys():
        if "$ref" in schema:
            schema = parts[schema["$ref"].rsplit("/", 1)[1]]
        else:
            options = schema.get("anyOf") or schema["oneOf"]
            schema = options[nth % len(options)]
    return schema


def _fill_plain(schema: Json, name: str) -> Any:
    if schema["type"] == "null":
        return None
    if name in _BY_NAME:
        return _BY_NAME[name]
    if schema["type"] in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    return True if schema["type"] == "boolean" else _fill_text(schema, name)


def _fill_text(schema: Json, name: str) -> str:
    if schema.get("format") == "date":
        return "2026-03-02"
    if schema.get("format") == "date-time":
        return "2026-03-02T10:00:00Z" if name.startswith("ends") else "2026-03-02T09:00:00Z"
    if schema.get("format") == "date":
        return "2026-03-02"
    if name.endswith("_id"):
        return f"{name.removesuffix('_id')}_{_NUMBER}"
    return next((text for part, text in _PATTERNS.items() if part in schema.get("pattern", "")), f"{name}-1")
