"""Patterns and bounds that the code checks outside of the models, added where a schema says no more than `string`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.gateway.features.feed.cursors import CURSOR_PATTERN as FEED_CURSOR
from services.gateway.http.parameters import ETAG_PATTERN
from services.gateway.reading.cursors import CURSOR_PATTERN
from shared.contracts.areas import AREA_PATTERN
from shared.contracts.messages import ID_PATTERN

Json = dict[str, Any]
_NOTHING_OR: Final = "^$|"
_AREA: Final = {"pattern": f"{_NOTHING_OR}{AREA_PATTERN}"}
_FEED_CURSOR: Final = {
    "anyOf": [
        {"type": "string", "pattern": FEED_CURSOR, "maxLength": 64},
        {"type": "integer", "minimum": 0, "maximum": 10**15 - 1},
    ]
}
"""As the feed gives it: a client that is checked by its types sends it back as it came."""
_FIELDS: Final[Mapping[str, Json]] = {"area": _AREA, "areas": _AREA}
"""Fields of answers. Something without a place has an empty area."""
_HEADERS: Final[Mapping[str, tuple[str, Json]]] = {
    "idempotency-key": ("Idempotency-Key", {}),
    "if-match": ("If-Match", {"pattern": ETAG_PATTERN}),
    "prefer": ("Prefer", {}),
    "on-behalf-of": ("On-Behalf-Of", {}),
    "webhook-id": ("webhook-id", {}),
    "webhook-timestamp": ("webhook-timestamp", {}),
    "webhook-signature": ("webhook-signature", {}),
    "last-event-id": ("Last-Event-ID", {"pattern": FEED_CURSOR, "maxLength": 64}),
}
"""Headers by the name that FastAPI gives them: their name as it is written, and their form."""


def complete_types(described: Json) -> None:
    """Add patterns to the areas of answers, and to the ids, cursors and headers of requests."""
    for schema in described["components"]["schemas"].values():
        for name, field in schema.get("properties", {}).items():
            _add(field, _FIELDS.get(name, {}))
    for path, methods in described["paths"].items():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                _complete(parameter, is_feed=path.startswith("/v1/events"))


def _complete(parameter: Json, *, is_feed: bool) -> None:
    name, kind = parameter["name"], parameter["in"]
    parameter["schema"] = _without_null(parameter["schema"])
    if kind == "header":
        parameter["name"], form = _HEADERS[name]
        _add(parameter["schema"], form)
    elif kind == "path" and name.endswith("_id"):
        _add(parameter["schema"], {"pattern": ID_PATTERN, "minLength": 1, "maxLength": 64})
    elif name == "after" and is_feed:
        parameter["schema"] = _FEED_CURSOR | {key: value for key, value in parameter["schema"].items() if key != "type"}
    elif name == "after":
        _add(parameter["schema"], {"pattern": CURSOR_PATTERN})


def _without_null(schema: Json) -> Json:
    """Return the schema of a parameter: it is left out, and never null."""
    parts = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return rest | parts[0] if len(parts) == 1 else schema


def _add(schema: Json, form: Json) -> None:
    """Add the form to each text within the schema that has no pattern of its own; its own bounds stay."""
    for text in _texts(schema):
        if "pattern" not in text:
            text.update(form | text)


def _texts(schema: Json) -> Iterator[Json]:
    if schema.get("type") == "string" and "enum" not in schema and "format" not in schema:
        yield schema
    for part in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from _texts(part)
