"""One event of every type, filled from its own schema, so that a new type is covered the day it is made."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.export import load_contracts, schemas
from shared.contracts.messages import EVENTS

AREA = "110102009017"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def filled(schema: dict[str, Any], parts: dict[str, Any], *, name: str = "") -> Any:
    """Some value that the schema allows, every field of an object included."""
    if "$ref" in schema:
        return filled(parts[schema["$ref"].rsplit("/", 1)[1]], parts, name=name)
    if "anyOf" in schema:
        return filled(schema["anyOf"][0], parts, name=name)
    if "enum" in schema or "const" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    if schema["type"] == "object":
        return {key: filled(part, parts, name=key) for key, part in schema.get("properties", {}).items()}
    if schema["type"] == "array":
        return [filled(schema["items"], parts, name=name)]
    return _plain(schema, name)


def _plain(schema: dict[str, Any], name: str) -> Any:
    if schema["type"] in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    if schema["type"] == "boolean":
        return True
    if schema.get("format") == "date-time":
        return "2026-03-02T10:00:00Z" if name.startswith("ends") else "2026-03-02T09:00:00Z"
    return AREA if "{12}" in schema.get("pattern", "") else f"{name}-1"


def sample(kind: str) -> CloudEvent:
    """An event of that type in its envelope, as a service would have sent it."""
    load_contracts()
    schema = schemas()[f"events/{kind}.json"]
    data = EVENTS[kind].model_validate(filled(schema, schema.get("$defs", {})))
    return to_cloud_event(
        data, subject="subject_1", version=3, nth=0, time=NOW, area=AREA,
        correlation="correlation-1", causation="cause-1", traceparent=TRACE,
    )  # fmt: skip
