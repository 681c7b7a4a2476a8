"""JSON Schemas of everything that is said, for readers who do not speak Python.

`python -m shared.contracts.export` writes them to shared/contracts/schemas; with `--check` it only says what differs
from what is committed there, and whether that breaks a reader or a speaker of today.
"""

# ruff: noqa: T201 - it is a command
import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from shared.contracts.compatibility import breaks
from shared.contracts.envelope import CloudEvent
from shared.contracts.messages import COMMANDS, EVENTS
from shared.contracts.registry import load_contracts

FOLDER: Final = Path(__file__).parent / "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
HOW_TO_ACCEPT: Final = (
    "Where it is meant, run `python -m shared.contracts.export` and commit the schemas with the change; "
    "what breaks a reader gets a new type, `….v2`, beside the old one."
)

_WORDS: Final = frozenset({"title", "description", "$id", "$schema"})
"""What explains a schema and binds nobody."""

Schemas = dict[str, dict[str, Any]]
"""By their path beneath FOLDER."""


def schemas() -> Schemas:
    """The schema of the envelope, of each event's `data` and of each command's body. Raises ValueError on a clash."""
    load_contracts()
    found = {"cloudevent.json": _schema(CloudEvent, "cloudevent.json")}
    for kind, event in EVENTS.items():
        path = f"events/{kind}.json"
        found[path] = _open(_schema(event, path))
    for (_, kind), command in COMMANDS.items():
        path = f"commands/{kind}.json"
        if path in found:
            raise ValueError(f"two services take a command that has the schema {path}: name one of them otherwise")
        found[path] = _schema(command, path)
    return found


def _schema(model: type[BaseModel], path: str) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"/schemas/{path}", **model.model_json_schema(mode="validation")}


def _open(schema: dict[str, Any]) -> dict[str, Any]:
    """An event's schema as its readers apply it: fields that they do not know are ignored, in its parts too."""
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("additionalProperties", None)
    return schema


def committed() -> Schemas:
    """The schemas as they lie in FOLDER."""
    return {str(p.relative_to(FOLDER)): json.loads(p.read_text("utf-8")) for p in sorted(FOLDER.rglob("*.json"))}


def as_text(schema: dict[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write(now: Schemas) -> None:
    """Make FOLDER hold these and no others."""
    for path in committed().keys() - now.keys():
        (FOLDER / path).unlink()
    for path, schema in now.items():
        file = FOLDER / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_text(schema), "utf-8")


def differences(before: Schemas, now: Schemas) -> list[str]:
    """A line for each change, those that break someone marked with `BREAKS`."""
    lines = [f"BREAKS {path}: is not said any more" for path in sorted(before.keys() - now.keys())]
    lines += [f"adds   {path}" for path in sorted(now.keys() - before.keys())]
    for path in sorted(before.keys() & now.keys()):
        if before[path] != now[path]:
            lines += _changes(path, before[path], now[path])
    return lines


def _changes(path: str, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    # A command's reader is the service itself, which is upgraded before those who send: only old senders count.
    found = [b for b in breaks(path, before, now) if b.direction == "back" or not path.startswith("commands/")]
    if found:
        return [f"BREAKS {path}: {b.where} {b.what} ({b.direction})" for b in found]
    weight = "words " if _without_words(before) == _without_words(now) else "adds  "
    return [f"{weight} {path}: is changed, and everybody understands everybody"]


def _without_words(value: Any, *, names: bool = False) -> Any:
    # Beneath `properties` and `$defs` stand names, which may be `title` or `description`, too.
    if isinstance(value, dict):
        kept = value if names else {key: part for key, part in value.items() if key not in _WORDS}
        return {key: _without_words(part, names=key in {"properties", "$defs"}) for key, part in kept.items()}
    return [_without_words(part) for part in value] if isinstance(value, list) else value


def main(arguments: list[str]) -> int:
    """Write the schemas, or check them; 1 where the check finds a difference."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m shared.contracts.export [--check]", file=sys.stderr)
        return 2
    before, now = committed(), schemas()
    found = differences(before, now)
    for line in found:
        print(line)
    if arguments == ["--check"]:
        if found:
            print(f"{len(found)} differences from the committed schemas. {HOW_TO_ACCEPT}", file=sys.stderr)
        return 1 if found else 0
    write(now)
    print(f"{len(now)} schemas in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
