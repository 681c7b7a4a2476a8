"""Keep the contracts of a release: `make release-contracts VERSION=0.2.0`, once, with everything committed.

Writes tests/contract/released/VERSION: the schemas, samples of every message as that release's models write them, the
indexes of its stores, and `release.json` with the version, the commit (HEAD) and its date. Commit the folder next.
Later releases are compared with it by test_contract_released.py and test_contract_stores.py, and upgraded from that
commit by `make test-docker`. The commit stands in a file because not every clone has the tags.
"""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import store_indexes
from contract_samples import messages
from pydantic import BaseModel, ValidationError

from shared.contracts import export
from shared.contracts.envelope import event_path, to_cloud_event
from shared.contracts.examples import NOW, TRACE
from shared.contracts.messages import COMMANDS, EVENTS, QUERIES, EventData, answers_of
from shared.contracts.registry import SERVICES
from shared.runtime.version import VERSION

FOLDER = Path(__file__).parent / "released"
ROOT = Path(__file__).resolve().parents[2]
STAMP = "release.json"
GIT = shutil.which("git") or "git"
AREA = "110102009017"
Model = type[BaseModel]


@dataclass(frozen=True)
class Stamp:
    """The origin of a release: the commit of its code, and that commit's date."""

    version: str
    commit: str
    date: str


def kept_releases(folder: Path = FOLDER) -> list[str]:
    """The versions that are kept, the earliest first."""
    return sorted((p.name for p in folder.iterdir() if p.is_dir()), key=lambda v: tuple(map(int, v.split("."))))


def read_stamp(version: str, folder: Path = FOLDER) -> Stamp:
    """The origin of a release that is kept."""
    return Stamp(**json.loads((folder / version / STAMP).read_text("utf-8")))


def write_stamp(version: str, folder: Path = FOLDER) -> None:
    """Write the origin of the release: this tree's commit."""
    commit, date = _git("log", "-1", "--format=%H %cs").split()
    content = json.dumps(asdict(Stamp(version, commit, date)), indent=1) + "\n"
    (folder / version / STAMP).write_text(content, "utf-8")


def not_here(commit: str) -> str:
    """The words for a clone that lacks the commit of a release."""
    return f"this clone lacks the commit {commit} of a release: fetch it with `git fetch --unshallow`"


@cache
def samples() -> dict[str, list[Any]]:
    """By path: events in their envelopes, commands, queries and answers as `{to, type, body}`."""
    schemas = export.schemas()
    found: dict[str, list[Any]] = {}
    for kind, event in EVENTS.items():
        path = event_path(kind)
        found[path] = [_in_envelope(event.model_validate(data)) for data in _valid(event, schemas[path])]
    named: list[tuple[str, str, str, Model]] = [
        *((to, "commands", kind, model) for (to, kind), model in COMMANDS.items()),
        *((to, "queries", kind, model) for (to, kind), model in QUERIES.items()),
        *((to, "answers", name, model) for to in SERVICES for name, model in answers_of(to).items()),
    ]
    for to, folder, kind, model in named:
        path = f"{to}/{folder}/{kind}.json"
        bodies = _valid(model, schemas[path])
        if folder == "answers":  # as a service writes them
            bodies = [json.loads(model.model_validate(body).model_dump_json()) for body in bodies]
        found[path] = [{"to": to, "type": kind, "body": body} for body in bodies]
    for path, kept in found.items():
        if not kept:
            raise SystemExit(f"{path}: no sample could be made: give one in contract_samples.BY_HAND")
    return found


def _valid(model: Model, schema: dict[str, Any]) -> list[Any]:
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
    written: dict[str, object] = {f"schemas/{path}": schema for path, schema in export.schemas().items()}
    written |= {f"samples/{path}": kept for path, kept in made.items()}
    written[store_indexes.FILE] = store_indexes.indexes_of_today().model_dump()
    for path, value in written.items():
        file = folder / version / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    return sum(map(len, made.values()))


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Keep this tree's contracts under the version that is given."""
    if arguments == ["--latest"]:
        # For tests/docker/previous.sh.
        print(*(f"{v} {read_stamp(v, folder).commit}" for v in kept_releases(folder)[-1:]))
        return 0
    if len(arguments) != 1 or not re.fullmatch(r"\d+\.\d+\.\d+", arguments[0]):
        print("usage: make release-contracts VERSION=1.2.3", file=sys.stderr)
        return 2
    version = arguments[0]
    if why := _hindrance(version, folder):
        print(why, file=sys.stderr)
        return 1
    try:
        count = keep(version, folder)
        write_stamp(version, folder)
    except BaseException:
        shutil.rmtree(folder / version, ignore_errors=True)
        raise
    print(f"{count} messages of release {version} in {folder / version}: commit this folder, then tag")
    return 0


def _hindrance(version: str, folder: Path) -> str | None:
    if (folder / version).exists():
        return f"release {version} is kept already, and a release never changes"
    if version != VERSION:
        return f"this code is {VERSION}: set {version} in pyproject.toml and shared/runtime/version.py first"
    if found := export.differences(export.read_committed(), export.schemas()):
        return f"{len(found)} differences from the committed schemas. {export.HOW_TO_ACCEPT}"
    if _git("status", "--porcelain"):
        return "commit every change first: the release is named by its commit"
    return None


def _git(*arguments: str) -> str:
    done = subprocess.run([GIT, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
