"""Read messages with the contracts of an older release, as its replicas do: run with that release's tree on the path.

Gets [[path, message], …] as JSON on its input, prints [[data, null] | [null, error], …]. Knows only the names that
every release has: `read_event`, COMMANDS, QUERIES and `answers_of`.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import shared.contracts
from shared.contracts.envelope import read_event
from shared.contracts.messages import COMMANDS, QUERIES, answers_of


def read(path: str, message: Any) -> Any:
    kind = path.split("/")[1]
    if kind == "events":
        return json.loads(read_event(json.dumps(message)).model_dump_json())["data"]
    model: type[BaseModel]
    if kind == "answers":
        model = answers_of(message["to"])[message["type"]]
    else:
        model = (COMMANDS if kind == "commands" else QUERIES)[message["to"], message["type"]]
    return json.loads(model.model_validate_json(json.dumps(message["body"])).model_dump_json())


def main(tree: str) -> None:
    where = Path(shared.contracts.__file__).resolve()
    if not where.is_relative_to(tree):
        raise SystemExit(f"{where} is read, not the contracts beneath {tree}")
    for module in sorted(where.parent.rglob("*.py")):
        importlib.import_module(".".join(("shared.contracts", *module.relative_to(where.parent).with_suffix("").parts)))
    told: list[list[Any]] = []
    for path, message in json.load(sys.stdin):
        try:
            told.append([read(path, message), None])
        except (ValueError, KeyError) as error:
            told.append([None, f"{type(error).__name__}: {error}"])
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
