"""Keep what a release says: `make release-contracts VERSION=0.2.0`, once, on the commit that is tagged.

Writes tests/contract/released/VERSION: the schemas, and samples of every event and command as that release's models
write them. Later releases are held to them by test_contract_released.py.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from contract_samples import NOW, TRACE, messages
from pydantic import ValidationError

from shared.contracts import export
from shared.contracts.envelope import to_cloud_event
from shared.contracts.messages import COMMANDS, EVENTS, Command, EventData

FOLDER = Path(__file__).parent / "released"
AREA = "110102009017"


def samples() -> dict[str, list[Any]]:
    """By path: events in their envelopes, commands as `{to, type, body}`."""
    schemas = export.schemas()
    found: dict[str, list[Any]] = {}
    for kind, event in EVENTS.items():
        path = f"events/{kind}.json"
        found[path] = [_in_envelope(event.model_validate(data)) for data in _valid(event, schemas[path])]
    for (to, kind), command in COMMANDS.items():
        path = f"commands/{kind}.json"
        found[path] = [{"to": to, "type": kind, "body": body} for body in _valid(command, schemas[path])]
    for path, kept in found.items():
        if not kept:
            raise SystemExit(f"{path}: no sample could be made: give one in contract_samples.BY_HAND")
    return found


def _valid(model: type[EventData] | type[Command], schema: dict[str, Any]) -> list[Any]:
    found: dict[str, Any] = {}
    for message in messages(model.__name__, schema):
        try:
            model.model_validate_json(json.dumps(message))
        except ValidationError:
            continue  # the fields do not go together, which a schema cannot say
        found.setdefault(json.dumps(message, sort_keys=True), message)
    return list(found.values())


def _in_envelope(data: EventData) -> Any:
    event = to_cloud_event(
        data, subject="subject_1", version=3, nth=0, time=NOW, area=AREA,
        correlation="correlation-1", causation="cause-1", traceparent=TRACE,
    )  # fmt: skip
    return json.loads(event.model_dump_json())


def keep(version: str, folder: Path) -> int:
    """Write the release's files; gives how many messages it keeps."""
    made = samples()
    written = {f"schemas/{path}": schema for path, schema in export.schemas().items()}
    written |= {f"samples/{path}": kept for path, kept in made.items()}
    for path, value in written.items():
        file = folder / version / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    return sum(map(len, made.values()))


def main(arguments: list[str]) -> int:
    """Keep this tree's contracts under the version that is given."""
    if len(arguments) != 1 or not re.fullmatch(r"\d+\.\d+\.\d+", arguments[0]):
        print("usage: make release-contracts VERSION=1.2.3", file=sys.stderr)
        return 2
    version = arguments[0]
    if (FOLDER / version).exists():
        print(f"release {version} is kept already, and a release never changes", file=sys.stderr)
        return 1
    if found := export.differences(export.read_committed(), export.schemas()):
        print(f"{len(found)} differences from the committed schemas. {export.HOW_TO_ACCEPT}", file=sys.stderr)
        return 1
    try:
        count = keep(version, FOLDER)
    except BaseException:
        shutil.rmtree(FOLDER / version, ignore_errors=True)
        raise
    print(f"{count} messages of release {version} in {FOLDER / version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
