"""Schemas in words: the type, the values, the bounds and the fields of a JSON Schema as HTML."""

from collections.abc import Iterator, Mapping
from html import escape
from json import dumps
from typing import Any, Final

from services.gateway.pages.document import code, row, words

Json = Mapping[str, Any]
SCHEMAS: Final = "#/components/schemas/"
_BOUNDS: Final = {
    "minLength": "at least {} characters", "maxLength": "at most {} characters", "minimum": "from {}",
    "maximum": "to {}", "exclusiveMinimum": "above {}", "minItems": "at least {}", "maxItems": "at most {}",
    "pattern": "of the form <code>{}</code>", "default": "if left out: <code>{}</code>",
}  # fmt: skip


def describe_type(schema: Json) -> str:
    """Return the type of a value with its values and bounds, as HTML; other schemas are links."""
    bounds = ", ".join(_bound(words_, schema[name]) for name, words_ in _BOUNDS.items() if _says(schema, name))
    return f"{_kind(schema)}{f' ({bounds})' if bounds else ''}"


def describe_fields(schema: Json) -> str:
    """Return the fields of an object as a table, as HTML; empty without fields."""
    required = schema.get("required", ())
    rows = [
        row(_field(name, must=name in required), describe_type(field), _words(field))
        for name, field in schema.get("properties", {}).items()
    ]
    return f"<table>{''.join(rows)}</table>" if rows else ""


def show_values(described: Json) -> Json:
    """Return the description with its enumerations in place of the references to them: a reader wants the values."""
    values = {
        f"{SCHEMAS}{name}": {"enum": schema["enum"]}
        for name, schema in described.get("components", {}).get("schemas", {}).items()
        if "enum" in schema
    }
    shown: Json = _with_values(described, values)
    return shown


def describe_schema(name: str, schema: Json) -> str:
    """Return a schema under its name, folded up."""
    whole = "" if schema.get("type") == "object" else f"<p>{describe_type(schema)}</p>"
    parts = "".join(f"<p>All of {describe_type(part)}.</p>" for part in schema.get("allOf", ()))
    shown = "".join(example(each) for each in schema.get("examples", ())[:1])
    return (
        f'<details id="{escape(name)}"><summary>{code(name)}</summary><p>{_words(schema)}</p>'
        f"{parts}{whole}{describe_fields(schema)}{shown}</details>"
    )


def example(value: Any) -> str:
    """Return an example as HTML."""
    return f"<pre>{escape(dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _with_values(part: Any, values: Mapping[str, Json]) -> Any:
    if isinstance(part, dict):
        named = values.get(part["$ref"]) if isinstance(part.get("$ref"), str) else None
        own = {name: _with_values(inner, values) for name, inner in part.items() if named is None or name != "$ref"}
        return own if named is None else {**own, **named}
    return [_with_values(inner, values) for inner in part] if isinstance(part, list) else part


def _field(name: str, *, must: bool) -> str:
    return code(name) if must else f"{code(name)} <small>optional</small>"


def _kind(schema: Json) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(SCHEMAS))
        return f'<a href="#{name}">{name}</a>'
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return " | ".join(code(str(value)) for value in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(_alternatives(schema[union])))
    if schema.get("type") == "array":
        return f"list of {describe_type(schema.get('items', {}))}"
    return escape(" ".join(filter(None, (schema.get("type", "any JSON"), schema.get("format")))))


def _alternatives(parts: list[Json]) -> Iterator[str]:
    values = any("enum" in part or "const" in part for part in parts)
    for part in parts:
        # The open end of an enumeration: a value of a newer release.
        is_open = values and part.get("type") == "string" and not {"enum", "const", "pattern"} & part.keys()
        yield "another of a newer release" if is_open else describe_type(part)


def _says(schema: Json, name: str) -> bool:
    # An empty default, as of a list, says no more than that the field may be left out.
    return name in schema and schema[name] not in (None, [], {}, "")


def _bound(sentence: str, value: Any) -> str:
    return sentence.format(escape(value if isinstance(value, str) else dumps(value, ensure_ascii=False)))


def _words(part: Json) -> str:
    return words(part.get("description", ""))
