"""Python types of JSON Schemas: TypedDicts, which keep the fields and the values that a newer release has added."""

from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any, Final
from unicodedata import east_asian_width

Schema = dict[str, Any]
_PREFIX: Final = "#/components/schemas/"
_PLAIN: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
COMMON: Final = "common"
WIDTH: Final = 120


def find_references(part: object) -> set[str]:
    """Return the names of the schemas to which a part of the description refers by itself."""
    if isinstance(part, dict):
        own = part.get("$ref")
        found = {own.removeprefix(_PREFIX)} if isinstance(own, str) and own.startswith(_PREFIX) else set()
        return found.union(*(find_references(each) for each in part.values()))
    if isinstance(part, list):
        return set().union(*(find_references(each) for each in part))
    return set()


def is_event(schema: Schema) -> bool:
    """Return whether it is an event: the client has one type for all of them, which a newer release cannot break."""
    return "specversion" in schema.get("properties", {})


@dataclass
class Types:
    """The schemas of the description, and the module in which each has its type."""

    schemas: dict[str, Schema]
    modules: dict[str, str] = field(default_factory=dict)
    """By name of the schema: `answers.needs`."""

    def reach(self, part: object) -> set[str]:
        """Return the names of all schemas that a part of the description needs, but for those of events."""
        found: set[str] = set()
        waiting = find_references(part)
        while waiting:
            name = waiting.pop()
            if name not in found and not is_event(self.schemas[name]) and not self._is_entry(name):
                found.add(name)
                waiting |= find_references(self.schemas[name])
        return found

    def write(self, schema: Schema, *, strict: bool) -> str:  # noqa: PLR0911 - one for each form of a schema
        """Return the type of a schema. Only where it is strict are the values of an enumeration the only ones."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_PREFIX)
            if is_event(self.schemas[name]):
                return "Event"
            return "FeedEntry" if self._is_entry(name) else name
        branches = schema.get("anyOf") or schema.get("oneOf")
        if branches:
            return _join(self.write(branch, strict=strict) for branch in branches)
        if "const" in schema or "enum" in schema:
            values = ", ".join(repr(each) for each in schema.get("enum", [schema.get("const")]) if each is not None)
            known = f"Literal[{values}]"
            return known if strict or schema.get("type") != "string" else f"{known} | str"
        if schema.get("type") == "array":
            return f"list[{self.write(schema.get('items', {}), strict=strict)}]"
        if schema.get("type") == "object":
            inner = schema.get("additionalProperties")
            return f"dict[str, {self.write(inner, strict=strict) if isinstance(inner, dict) else 'Any'}]"
        return _PLAIN.get(schema.get("type", ""), "Any")

    def define(self, name: str, *, strict: bool) -> str:
        """Return the definition of a named schema."""
        schema = self.schemas[name]
        if "properties" not in schema:
            return f"{name} = {self.write(schema, strict=strict)}\n"
        lines = [f"class {name}(TypedDict):", *document(schema.get("description", ""), 4)]
        required = schema.get("required", ())
        for key, each in schema["properties"].items():
            written = self.write(each, strict=strict)
            lines.append(f"    {key}: {written}" if key in required else f"    {key}: NotRequired[{written}]")
        if len(lines) == 1:
            lines.append(f'    """{name}."""')
        return "\n".join(lines) + "\n"

    def _is_entry(self, name: str) -> bool:
        return set(self.schemas[name].get("properties", ())) == {"cursor", "event"}


def document(text: str, indent: int) -> list[str]:
    """Return the first paragraph as a docstring; nothing without one."""
    paragraph = " ".join(text.strip().partition("\n\n")[0].split()).replace("\\", "\\\\")
    if not paragraph:
        return []
    space = " " * indent
    # Chinese letters are as wide as two.
    wide = sum(east_asian_width(letter) in "WF" for letter in paragraph)
    if len(paragraph) + wide + indent + 6 <= WIDTH:
        return [f'{space}"""{paragraph}"""']
    first, *rest = wrap(paragraph, WIDTH - 6 - indent - wide)
    return [f'{space}"""{first}', *(space + line for line in rest), f'{space}"""']


def _join(written: Any) -> str:
    parts = list(dict.fromkeys(part for each in written for part in each.split(" | ")))
    return " | ".join(sorted(parts, key=lambda part: part == "None"))
