"""Names for the enumerations of the description: a generated client has one class for a state, not one a field."""

from collections.abc import Iterator
from typing import Any, Final, get_args

from services.gateway.description.enumeration_names import NAMES

Json = dict[str, Any]
_SCHEMAS: Final = "#/components/schemas/"


def name_enumerations(described: Json) -> None:
    """Move each enumeration of several values to `components.schemas`, under its name, and refer to it there.

    Raises ValueError for an enumeration without a name, and for a name that a schema has already.
    """
    schemas = described["components"]["schemas"]
    names = {_values(kind): name for name, (kind, _) in NAMES.items()}
    found: Json = {}
    for part in _enumerations((schemas, described["paths"])):
        values = part.pop("enum")
        name = names.get(frozenset(values))
        if name is None:
            raise ValueError(f"the enumeration {', '.join(values)} has no name: give it one in {__name__}")
        part.pop("type", None)
        part["$ref"] = f"{_SCHEMAS}{name}"
        found[name] = {"type": "string", "enum": values, "title": name, "description": NAMES[name][1]}
    if taken := found.keys() & schemas.keys():
        raise ValueError(f"a schema and an enumeration have one name, {min(taken)}: give one of them another")
    schemas.update(sorted(found.items()))


def _values(kind: Any) -> frozenset[str]:
    """Return the values of a Literal, or of several joined."""
    return frozenset(value for part in get_args(kind) for value in (_values(part) if get_args(part) else {part}))


def _enumerations(part: Any) -> Iterator[Json]:
    """Return each schema of several values within the part. Examples are no schemas, but hold none with this key."""
    if isinstance(part, dict):
        if isinstance(part.get("enum"), list) and len(part["enum"]) > 1:
            yield part
        for inner in list(part.values()):
            yield from _enumerations(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _enumerations(inner)
