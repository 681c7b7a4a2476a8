"""The JSON Schema of a tool's arguments, taken from the gateway's own description (OpenAPI 3.1). Pure."""

from typing import Any, Final

from deploy.lianshan.assistant.operations import ONCE, Json, Operation

_COMPONENTS: Final = "#/components/schemas/"
_DEFINITIONS: Final = "#/$defs/"
ONCE_SCHEMA: Final[Json] = {
    "type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$",
    "description": "A word that you make up for this draft, and give again when you repeat the call.",
}  # fmt: skip


def describe_arguments(description: Json, operation: Operation) -> Json | None:
    """Return the schema of the tool's arguments; None where the gateway, of another release, has no such operation.

    None also where it describes the operation in a form that this release does not know: the other tools stand.
    """
    try:
        found = _find(description, operation)
        return None if found is None else _describe_found(description, found, operation)
    except (AttributeError, KeyError, TypeError):
        return None


def _describe_found(description: Json, found: dict[str, Any], operation: Operation) -> Json:
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in found.get("parameters", ()):
        if parameter["in"] in {"path", "query"}:
            properties[parameter["name"]] = _describe(parameter, operation)
            required += [parameter["name"]] if parameter.get("required") else []
    if operation.writes:
        body = _body(description, found)
        properties |= {name: schema for name, schema in body["properties"].items() if name not in operation.fixed}
        properties[ONCE] = ONCE_SCHEMA
        required += [*body.get("required", ()), ONCE]
    return _whole(description, {
        "type": "object", "properties": properties, "required": required, "additionalProperties": False,
    })  # fmt: skip


def _find(description: Json, operation: Operation) -> dict[str, Any] | None:
    paths: Any = description.get("paths", {})
    found: dict[str, Any] | None = paths.get(operation.path, {}).get(operation.method.lower())
    return found


def _describe(parameter: dict[str, Any], operation: Operation) -> dict[str, Any]:
    described = {**parameter["schema"]}
    if "description" in parameter:
        described.setdefault("description", parameter["description"])
    if parameter["name"] in operation.defaults:
        described["default"] = operation.defaults[parameter["name"]]
    return described


def _body(description: Json, found: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = found["requestBody"]["content"]["application/json"]["schema"]
    return _component(description, schema["$ref"]) if "$ref" in schema else schema


def _component(description: Json, reference: str) -> dict[str, Any]:
    components: Any = description["components"]
    found: dict[str, Any] = components["schemas"][reference.removeprefix(_COMPONENTS)]
    return found


def _whole(description: Json, schema: dict[str, Any]) -> Json:
    """Return the schema with all that it refers to in `$defs`: a client of MCP sees no other document."""
    named: dict[str, Any] = {}
    found = _moved(schema)
    left = _references(schema)
    while left:  # each component once, so it ends
        reference = left.pop()
        name = reference.removeprefix(_COMPONENTS)
        if name in named:
            continue
        component = _component(description, reference)
        named[name] = _moved(component)
        left += _references(component)
    return {**found, "$defs": named} if named else found


def _references(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part] if part.startswith(_COMPONENTS) else []
    if isinstance(part, dict):
        return [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []


def _moved(part: Any) -> Any:
    if isinstance(part, str):
        return part.replace(_COMPONENTS, _DEFINITIONS, 1) if part.startswith(_COMPONENTS) else part
    if isinstance(part, dict):
        # Examples show fields that a tool does not take.
        return {key: _moved(value) for key, value in part.items() if key != "examples"}
    return [_moved(value) for value in part] if isinstance(part, list) else part
