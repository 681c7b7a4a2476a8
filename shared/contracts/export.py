"""The JSON Schemas of all events, commands, queries and answers, for readers in other languages.

A schema lies at `<service>/<kind>/<name>.json`: the publisher of an event, the receiver of a command or a query.

`python -m shared.contracts.export` writes them to shared/contracts/schemas. With `--check` it writes nothing and prints
how the models differ from the committed schemas, and whom that breaks: by the rule and in the words of
`shared.contracts.compatibility`, which the tests against kept releases apply as well.
"""

# ruff: noqa: T201 - it is a command
import json
import sys
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from shared.contracts.compatibility import Json, Schemas, compare_releases
from shared.contracts.envelope import CloudEvent, event_path
from shared.contracts.messages import COMMANDS, EVENTS, QUERIES, answers_of
from shared.contracts.registry import SERVICES, load_contracts

FOLDER: Final = Path(__file__).parent / "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
HOW_TO_ACCEPT: Final = (
    "Where a change is meant, run `python -m shared.contracts.export` and commit the schemas with it. A change that "
    "BREAKS a reader gets a new type, `….v2`, beside the old one. A new optional field of a command or a query hurts "
    "nobody while services are upgraded before the gateway: list its line, without BREAKS, in "
    "tests/contract/released/accepted.json with that reason."
)

_ANNOTATIONS: Final = frozenset({"title", "description", "$id", "$schema"})
"""The keywords that explain a schema and restrict nothing."""


@cache
def schemas() -> Schemas:
    """Return the schemas of the envelope, of each event's `data`, of each command, query and answer.

    They are made once and shared: leave them unchanged.
    """
    load_contracts()
    found = {"cloudevent.json": _schema(CloudEvent, "cloudevent.json")}
    for kind in EVENTS:
        found[event_path(kind)] = event_schema(kind)
    for (to, kind), command in COMMANDS.items():
        path = f"{to}/commands/{kind}.json"
        found[path] = _schema(command, path)
    for (to, kind), query in QUERIES.items():
        path = f"{to}/queries/{kind}.json"
        found[path] = _schema(query, path)
    for service in SERVICES:
        for name, answer in answers_of(service).items():
            path = f"{service}/answers/{name}.json"
            found[path] = _open(_schema(answer, path))
    return found


def event_schema(kind: str) -> Json:
    """Return the schema of the `data` of events of that type. `load_contracts()` comes first."""
    path = event_path(kind)
    return _open(_schema(EVENTS[kind], path))


def _schema(model: type[BaseModel], path: str) -> Json:
    return {"$schema": DIALECT, "$id": f"/schemas/{path}", **model.model_json_schema(mode="validation")}


def _open(schema: Json) -> Json:
    """Return the schema of an event or an answer as its readers apply it: unknown fields ignored, in its parts too."""
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("additionalProperties", None)  # JSON Schema's default is to ignore them
    return schema


def read_committed() -> Schemas:
    """Return the schemas in FOLDER."""
    return {str(p.relative_to(FOLDER)): json.loads(p.read_text("utf-8")) for p in sorted(FOLDER.rglob("*.json"))}


def read_event(kind: str) -> Json:
    """Return the committed schema of the `data` of events of that type: the model would take thirty times as long."""
    schema: Json = json.loads((FOLDER / event_path(kind)).read_text("utf-8"))
    return schema


def as_text(schema: Json) -> str:
    """Return the content of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def write(now: Schemas) -> None:
    """Write the schemas to FOLDER and delete all others there."""
    for path in read_committed().keys() - now.keys():
        (FOLDER / path).unlink()
    for path, schema in now.items():
        file = FOLDER / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(as_text(schema), "utf-8")


def differences(before: Schemas, now: Schemas) -> list[str]:
    """Return a line for each change: `BREAKS` and a break of the rule, `adds` or `words` and the path of the schema.

    `adds` changes the messages, `words` only titles and descriptions; both are understood in both directions.
    """
    breaks = compare_releases(before, now)
    broken = {found.path for found in breaks}
    lines = [f"BREAKS {found}" for found in breaks]
    for path in sorted(now.keys() - broken):
        if path not in before:
            lines.append(f"adds   {path}")
        elif before[path] != now[path]:
            same = _without_annotations(before[path]) == _without_annotations(now[path])
            lines.append(f"{'words ' if same else 'adds  '} {path}: is changed, and everybody understands everybody")
    return lines


def _without_annotations(value: object, *, names: bool = False) -> object:
    # Beneath `properties` and `$defs` stand names, which may be `title` or `description`, too.
    if isinstance(value, dict):
        kept = value if names else {key: part for key, part in value.items() if key not in _ANNOTATIONS}
        return {key: _without_annotations(part, names=key in {"properties", "$defs"}) for key, part in kept.items()}
    return [_without_annotations(part) for part in value] if isinstance(value, list) else value


def main(arguments: list[str]) -> int:
    """Write or check the schemas; return the exit status: 1 where the check finds a difference, 2 for bad usage."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m shared.contracts.export [--check]", file=sys.stderr)
        return 2
    before, now = read_committed(), schemas()
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
