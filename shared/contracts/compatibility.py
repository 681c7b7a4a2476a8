"""The rule of compatibility: the changes of a schema that old or new replicas could not understand, in words.

One question, asked in two directions: can its reader read everything that its writer may send? `back` are messages of
before, read now (under way during an upgrade, or replayed from the feed); `forward` are messages of now, read by the
code of before (a replica or an agency that is not upgraded yet).

`python -m shared.contracts.export --check` and the tests against kept releases both apply this rule and print its
breaks word for word. The schemas are of the subset of JSON Schema 2020-12 that pydantic writes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = dict[str, Any]
"""A JSON object, as a schema or a part of one."""
Schemas = dict[str, Json]
"""Schemas by their path: `<service>/{events,commands,queries,answers}/<name>.json`, and `cloudevent.json`."""
Direction = Literal["back", "forward"]

ANY_TYPE: Final = "any"
_LOWER: Final = {"minimum": "less", "minLength": "shorter", "minItems": "fewer"}
_UPPER: Final = {"maximum": "more", "maxLength": "longer", "maxItems": "more entries"}
_WIDER: Final = {"integer": {"integer", "number"}}
"""The types that a reader may have for a writer's type: every integer is a number."""
AS_A_WHOLE: Final = "as a whole"


@dataclass(frozen=True, order=True)
class Break:
    """A part of a message that one of the two sides cannot understand: `where` in the schema of `path`, and why."""

    direction: Direction
    path: str
    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.direction} {self.path} {self.where}: {self.reason}"


@dataclass(frozen=True)
class _Side:
    """A schema with the definitions that it refers to."""

    schema: Json
    parts: Json

    @classmethod
    def whole(cls, schema: Json) -> "_Side":
        """Return the side of a complete schema."""
        return cls(schema, schema.get("$defs", {}))

    def of(self, schema: Json) -> "_Side":
        """Return the side of a part, its reference resolved."""
        while "$ref" in schema:  # ends: pydantic writes no circle of references alone
            schema = self.parts[schema["$ref"].rsplit("/", 1)[1]]
        return _Side(schema, self.parts)

    @property
    def options(self) -> list["_Side"]:
        """The alternatives of a union; the side itself where it is none."""
        alternatives = self.schema.get("anyOf") or self.schema.get("oneOf")
        if alternatives is None:
            return [self]
        return [option for one in alternatives for option in self.of(one).options]

    @property
    def type(self) -> str:
        """The JSON type, or ANY_TYPE."""
        return str(self.schema.get("type", ANY_TYPE))

    @property
    def values(self) -> list[object] | None:
        """The values of an enumeration; None where any value is allowed."""
        return [self.schema["const"]] if "const" in self.schema else self.schema.get("enum")

    @property
    def properties(self) -> Json:
        """The schemas of an object's fields, by name."""
        return dict(self.schema.get("properties", {}))

    @property
    def required(self) -> set[str]:
        """The names of the fields that an object must have."""
        return set(self.schema.get("required", ()))

    @property
    def constants(self) -> Json:
        """The fields with one fixed value, which tell the alternatives of a union apart."""
        found = {name: self.of(part).schema for name, part in self.properties.items()}
        return {name: part["const"] for name, part in found.items() if "const" in part}


def compare_releases(before: Schemas, now: Schemas) -> list[Break]:
    """Return every break between the schemas of two releases.

    A new schema breaks nobody: readers ignore events of an unknown type, and code of before sends no new command.
    """
    found = [_break_of_removed(path) for path in before.keys() - now.keys()]
    for path in [path for path in before.keys() & now.keys() if before[path] != now[path]]:
        found += find_breaks(path, before[path], now[path])
    return sorted(found)


def find_breaks(path: str, before: Json, now: Json) -> list[Break]:
    """Return every break between the two schemas of `path`, in both directions."""
    old, new = _Side.whole(before), _Side.whole(now)
    found = [Break("back", path, where, reason) for where, reason in _find_unread(old, new, "")]
    found += [Break("forward", path, where, reason) for where, reason in _find_unread(new, old, "")]
    # A field that a request no longer has is missed by its one reader only, and that is of the new release.
    if not _is_request(path):
        found += [Break("forward", path, where, reason) for where, reason in _find_gone(old, new, "")]
    return sorted(set(found))


def _break_of_removed(path: str) -> Break:
    if _is_request(path):
        return Break("back", path, AS_A_WHOLE, "is not taken any more")
    return Break("forward", path, AS_A_WHOLE, "is not sent any more")


def _is_request(path: str) -> bool:
    return kind_of(path) in {"commands", "queries"}


def kind_of(path: str) -> str:
    """Return the folder that a schema lies in: events, commands, queries or answers; empty for the envelope's."""
    return path.split("/")[1] if "/" in path else ""


Found = Iterator[tuple[str, str]]
"""Where in the message, and why."""


def _find_unread(writer: _Side, reader: _Side, where: str) -> Found:
    """Yield every part of the writer's messages that its reader cannot read."""
    readers = reader.options
    for option in writer.options:
        attempts = [list(_one(option, candidate, where)) for candidate in _likely(option, readers)]
        if not attempts:
            yield where, f"may be {_name(option)}, which its reader does not take"
        elif all(attempts):  # no alternative reads all of it: show the nearest
            yield from min(attempts, key=len)


def _likely(option: _Side, readers: list[_Side]) -> list[_Side]:
    """Return the reader's alternatives that the option could be meant for: of its type, with its constants."""
    same = [r for r in readers if r.type in {ANY_TYPE, *_WIDER.get(option.type, {option.type})}]
    if not option.constants:
        return same
    return [r for r in same if all(r.constants.get(name, value) == value for name, value in option.constants.items())]


def _name(option: _Side) -> str:
    kind = ", ".join(f"{name} {value!r}" for name, value in option.constants.items())
    return f"{option.type} with {kind}" if kind else option.type


def _one(writer: _Side, reader: _Side, where: str) -> Found:
    if reader.values is not None:
        yield from _values(writer, reader.values, where)
    yield from _bounds(_measured(writer), reader.schema, where)
    if reader.type == "object":
        yield from _fields(writer, reader, where)
    elif reader.type == "array" and "items" in reader.schema:
        items = writer.schema.get("items", {})
        yield from _find_unread(writer.of(items), reader.of(reader.schema["items"]), f"{where}[]")


def _values(writer: _Side, known: list[object], where: str) -> Found:
    if writer.values is None:
        yield where, "may be anything, its reader knows only some values"
        return
    for value in writer.values:
        if value not in known:
            yield where, f"may be {value!r}, which its reader does not know"


def _measured(writer: _Side) -> Json:
    """Return the writer's schema; of an enumeration with the bounds that its values keep by themselves."""
    lengths = [len(value) for value in writer.values or () if isinstance(value, str)]
    return {"minLength": min(lengths), "maxLength": max(lengths), **writer.schema} if lengths else writer.schema


def _bounds(writer: Json, reader: Json, where: str) -> Found:
    # A writer without a bound may send anything.
    for name, word in _LOWER.items():
        if name in reader and writer.get(name, float("-inf")) < reader[name]:
            yield where, f"may be {word} than {reader[name]}, which its reader refuses"
    for name, word in _UPPER.items():
        if name in reader and writer.get(name, float("inf")) > reader[name]:
            yield where, f"may be {word} than {reader[name]}, which its reader refuses"
    for name in ("pattern", "format"):
        # Whether one pattern implies another is not examined: any difference counts.
        if name in reader and writer.get(name) != reader[name]:
            yield where, f"need not have the {name} {reader[name]!r} that its reader wants"


def _fields(writer: _Side, reader: _Side, where: str) -> Found:
    sent, known = writer.properties, reader.properties
    for name in sorted(reader.required):
        if name not in sent:
            yield _at(where, name), "is not sent, and its reader requires it"
        elif name not in writer.required:
            yield _at(where, name), "may be left out, and its reader requires it"
    for name in sorted(sent):
        if name in known:
            yield from _find_unread(writer.of(sent[name]), reader.of(known[name]), _at(where, name))
        elif reader.schema.get("additionalProperties") is False:  # commands; events ignore unknown fields
            yield _at(where, name), "is a field that its reader refuses, because it does not know it"


def _find_gone(old: _Side, new: _Side, where: str) -> Found:
    """Yield the fields of an event that are not sent any more: their readers would take the default for the truth."""
    for before in old.options:
        for now in _likely(before, new.options):
            if before.type == "array":
                items = now.of(now.schema.get("items", {}))
                yield from _find_gone(before.of(before.schema.get("items", {})), items, f"{where}[]")
            for name in sorted(before.properties):
                if name not in now.properties:
                    yield _at(where, name), "is not sent any more"
                else:
                    yield from _find_gone(
                        before.of(before.properties[name]), now.of(now.properties[name]), _at(where, name)
                    )


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
