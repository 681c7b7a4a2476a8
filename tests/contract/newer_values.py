"""Messages of a newer release, with a value in each enumeration that nobody knows today, and a generated client."""

from copy import deepcopy
from functools import reduce
from operator import or_
from typing import Any, Literal

from contract_samples import event_schema, sample_data
from pydantic import BaseModel, ConfigDict, create_model

NEWER = "unheard_of"
Json = dict[str, Any]
_PLAIN = {"string": str, "integer": int, "number": float, "boolean": bool, "null": type(None)}


def newer_data(kind: str, **fields: Any) -> Json:
    """Return sample data of that event, with a newer value in every open enumeration."""
    schema = event_schema(kind)
    data: Json = _renewed(schema, schema.get("$defs", {}), deepcopy(sample_data(kind) | fields))
    return data


def open_fields(kind: str) -> int:
    """Return the number of places in the sample that hold a newer value."""
    return str(newer_data(kind)).count(repr(NEWER))


def client_of(kind: str) -> type[BaseModel]:
    """Return the model that a generator makes from the exported schema of that event: strict about known fields."""
    schema = event_schema(kind)
    return _model("Event", schema, schema.get("$defs", {}))


def _renewed(schema: Json, parts: Json, value: Any) -> Any:
    schema = parts[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    options = schema.get("anyOf", ())
    if any("enum" in option for option in options):
        return NEWER
    if options:
        return _renewed(options[0], parts, value) if value is not None else None
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        return {name: _renewed(known[name], parts, part) if name in known else part for name, part in value.items()}
    if isinstance(value, list) and "items" in schema:
        return [_renewed(schema["items"], parts, part) for part in value]
    return value


def _model(name: str, schema: Json, parts: Json) -> type[BaseModel]:
    fields: Json = {}
    for field, part in schema["properties"].items():
        kind = _type(field, part, parts)
        fields[field] = (kind, ...) if field in schema.get("required", ()) else (kind | None, None)
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="ignore"), **fields)
    return model


def _type(name: str, schema: Json, parts: Json) -> Any:
    if "$ref" in schema:
        schema = parts[schema["$ref"].rsplit("/", 1)[1]]
    if "const" in schema or "enum" in schema:
        return Literal[tuple(schema.get("enum") or [schema["const"]])]
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return reduce(or_, [_type(name, option, parts) for option in options])
    if schema.get("type") == "array":
        return list[_type(name, schema["items"], parts)]  # type: ignore[misc]
    if schema.get("type") == "object":
        return _model(name.title(), schema, parts) if "properties" in schema else dict[str, Any]
    return _PLAIN[schema["type"]]


def find_closed(schema: object, *, within_any: bool = False) -> list[list[object]]:
    """Return the values of each enumeration in the schema that takes no other."""
    found: list[list[object]] = []
    if isinstance(schema, dict):
        if "enum" in schema and not within_any:
            found.append(schema["enum"])
        for name, part in schema.items():
            opened = name == "anyOf" and any(p.get("type") == "string" and "enum" not in p for p in part)
            parts = part if isinstance(part, list) else [part]
            found += [one for p in parts for one in find_closed(p, within_any=opened)]
    return found
