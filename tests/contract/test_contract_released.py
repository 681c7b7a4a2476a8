"""Replicas of two releases work side by side: what the one says, the other understands.

`released/` holds what each release said. See docs/changing-contracts-and-stores.md.
"""

import copy
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import release
from contract_samples import NOW
from jsonschema import Draft202012Validator, ValidationError

from shared.contracts import export
from shared.contracts.compatibility import Schemas, compare_releases
from shared.contracts.envelope import CONTENT_TYPE
from shared.engine import Handlers
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import decode

pytestmark = pytest.mark.contract

RELEASES = sorted((p.name for p in release.FOLDER.iterdir() if p.is_dir()), key=lambda v: tuple(map(int, v.split("."))))
ACCEPTED: dict[str, dict[str, str]] = json.loads((release.FOLDER / "accepted.json").read_text("utf-8"))
"""By release: what is meant to break, in the words of the rule, and why nobody is hurt."""
GIT = shutil.which("git") or "git"
ROOT = Path(__file__).resolve().parents[2]


def kept(version: str, kind: str) -> dict[str, Any]:
    folder = release.FOLDER / version / kind
    return {str(p.relative_to(folder)): json.loads(p.read_text("utf-8")) for p in sorted(folder.rglob("*.json"))}


@cache
def samples_of_today() -> list[tuple[str, Any]]:
    return [(path, message) for path, found in release.samples().items() for message in found]


@cache
def broken(version: str) -> set[str]:
    return breaks_since(kept(version, "schemas"), export.schemas())


def breaks_since(before: Schemas, now: Schemas) -> set[str]:
    """As they have to stand in `accepted.json`."""
    return {str(found) for found in compare_releases(before, now)}


def is_accepted(version: str, path: str, direction: str) -> bool:
    return any(line.startswith(f"{direction} {path} ") for line in ACCEPTED.get(version, {}))


def delivered(path: str, message: Any) -> Delivery:
    """As the broker hands it out."""
    if path.startswith("events/"):
        properties = {"content_type": CONTENT_TYPE, "type": message["type"]}
        return Delivery("charity.events", 1, json.dumps(message).encode(), properties, "key", redelivered=False)
    properties = {"message_id": "m-1", "type": message["type"]}
    return Delivery("commands", 1, json.dumps(message["body"]).encode(), properties, "key", redelivered=False)


def understood(path: str, message: Any) -> Any:
    """What the engine of today makes of it."""
    is_command = path.startswith("commands/")
    handlers = Handlers(message["to"] if is_command else "charity")
    received = decode(delivered(path, message), handlers, is_command=is_command, now=NOW)
    return json.loads(received.message.data.model_dump_json())


def said_in(path: str, message: Any) -> Any:
    return message["data"] if path.startswith("events/") else message["body"]


def lost(sent: Any, read: Any, where: str = "") -> Iterator[str]:
    """What was sent and is not read as the same."""
    if isinstance(sent, dict):
        for name, part in sent.items():
            if not isinstance(read, dict) or name not in read:
                yield f"{where}.{name} is gone"
            else:
                yield from lost(part, read[name], f"{where}.{name}")
    elif isinstance(sent, list) and isinstance(read, list) and len(sent) == len(read):
        for nth, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from lost(one, other, f"{where}[{nth}]")
    elif sent != read and not _same_instant(sent, read):
        yield f"{where}: {sent!r} is read as {read!r}"


def _same_instant(sent: Any, read: Any) -> bool:
    try:
        return datetime.fromisoformat(sent) == datetime.fromisoformat(read)
    except (TypeError, ValueError):
        return False


def test_there_is_a_release_to_hold_ourselves_to():
    assert RELEASES
    assert ACCEPTED.keys() <= set(RELEASES)


@pytest.mark.parametrize("version", RELEASES)
class TestBesideARelease:
    def test_what_breaks_is_meant_and_nothing_is_listed_in_vain(self, version: str):
        found, accepted = broken(version), ACCEPTED.get(version, {})
        new = "\n  ".join(sorted(found - accepted.keys()))
        assert not new, f"replicas of {version} and of today do not understand each other:\n  {new}"
        assert not accepted.keys() - found
        assert all(accepted.values()), "say why nobody is hurt"

    def test_every_message_of_it_is_understood_today_as_it_was_meant(self, version: str):
        today = export.schemas().keys()
        wrong = [
            f"{path}: {what}"
            for path, messages in kept(version, "samples").items()
            for message in messages
            if path in today and not is_accepted(version, path, "back")
            for what in lost(said_in(path, message), understood(path, message))
        ]
        assert not wrong

    def test_messages_of_today_fit_its_schemas(self, version: str):
        schemas, wrong = kept(version, "schemas"), []
        for path, message in samples_of_today():
            if path not in schemas or is_accepted(version, path, "forward"):
                continue
            try:
                Draft202012Validator(schemas[path]).validate(said_in(path, message))
                if path.startswith("events/"):
                    Draft202012Validator(schemas["cloudevent.json"]).validate(message)
            except ValidationError as error:
                wrong.append(f"{path}: {error.json_path} {error.message}")
        assert not wrong

    def test_its_own_code_understands_messages_of_today(self, version: str, tmp_path: Path):
        tree = _tree_of(version, tmp_path)
        known = kept(version, "schemas")
        sent = [
            (path, message)
            for path, message in samples_of_today()
            if path in known and not is_accepted(version, path, "forward")
        ]
        wrong = []
        for (path, message), (read, error) in zip(sent, _read_by(tree, sent), strict=True):
            if error is not None:
                wrong.append(f"{path}: {error}")
            else:
                # Fields that were added since are none of its business.
                wrong += [f"{path}: {what}" for what in lost(read, said_in(path, message)) if "is gone" not in what]
        assert not wrong

    def test_its_own_code_understands_the_messages_that_are_kept_of_it(self, version: str, tmp_path: Path):
        tree = _tree_of(version, tmp_path)
        sent = [(path, message) for path, found in kept(version, "samples").items() for message in found]
        wrong = []
        for (path, message), (read, error) in zip(sent, _read_by(tree, sent), strict=True):
            wrong += [f"{path}: {error}"] if error else [f"{path}: {w}" for w in lost(said_in(path, message), read)]
        assert not wrong


def _tree_of(version: str, folder: Path) -> Path:
    """The contracts as they were tagged."""
    packed = subprocess.run(
        [GIT, "archive", f"v{version}", "shared/__init__.py", "shared/contracts"],
        cwd=ROOT, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    if packed.returncode:
        pytest.skip(f"the tag v{version} is not here: {packed.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _read_by(tree: Path, messages: list[tuple[str, Any]]) -> list[tuple[Any, str | None]]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("old_reader.py")), str(tree)],
        input=json.dumps(messages),
        env={**os.environ, "PYTHONPATH": str(tree)},
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(told) for told in json.loads(done.stdout)]


EVENT, COMMAND = "events/stations.need.published.json", "commands/RegisterNeed.json"


def _new_field(schemas: Schemas, path: str) -> None:
    schemas[path]["properties"]["hint"] = {"type": "string", "default": ""}


def _new_value(schemas: Schemas, path: str) -> None:
    schemas[path]["properties"]["urgency"]["enum"].append("immediate")


def _new_message(schemas: Schemas, path: str) -> None:
    schemas[path.replace(".json", ".new.json")] = schemas[path]


def _removed(schemas: Schemas, path: str) -> None:
    del schemas[path]


UNKNOWN_FIELD = "hint: is a field that its reader refuses, because it does not know it"
UNKNOWN_VALUE = "urgency: may be 'immediate', which its reader does not know"


@pytest.mark.parametrize(
    ("path", "change", "breaks"),
    [
        (EVENT, _new_field, []),
        (COMMAND, _new_field, [f"forward {COMMAND} {UNKNOWN_FIELD}"]),
        (EVENT, _new_value, [f"forward {EVENT} {UNKNOWN_VALUE}"]),
        (COMMAND, _new_value, [f"forward {COMMAND} {UNKNOWN_VALUE}"]),
        (EVENT, _new_message, []),
        (COMMAND, _new_message, []),
        (EVENT, _removed, [f"forward {EVENT} as a whole: is not sent any more"]),
        (COMMAND, _removed, [f"back {COMMAND} as a whole: is not taken any more"]),
    ],
)
def test_the_export_says_of_a_change_what_the_next_release_is_held_to(
    path: str, change: Callable[[Schemas, str], None], breaks: list[str]
):
    before = export.schemas()
    now = copy.deepcopy(before)
    change(now, path)
    lines = export.differences(before, now)
    assert lines
    assert [line.removeprefix("BREAKS ") for line in lines if line.startswith("BREAKS ")] == breaks
    assert breaks_since(before, now) == set(breaks)


def test_a_loss_of_meaning_is_seen():
    sent = {"a": 1, "at": "2026-03-02T08:00:00Z", "parts": [{"b": "x"}]}
    assert list(lost(sent, {**sent, "at": "2026-03-02T16:00:00+08:00", "more": 1})) == []
    assert list(lost(sent, {**sent, "parts": [{"b": "y"}]})) == [".parts[0].b: 'x' is read as 'y'"]
    assert list(lost(sent, {"a": 1, "parts": []})) == [".at is gone", ".parts: [{'b': 'x'}] is read as []"]


def test_a_release_is_kept_once_and_never_written_again(capsys: pytest.CaptureFixture[str]):
    assert release.main([RELEASES[-1]]) == 1
    assert "a release never changes" in capsys.readouterr().err


def test_a_release_is_kept_whole(tmp_path: Path):
    count = release.keep("9.9.9", tmp_path)
    paths = {str(p.relative_to(tmp_path / "9.9.9")) for p in tmp_path.rglob("*.json")}
    today = set(export.schemas())
    assert paths == {f"schemas/{p}" for p in today} | {f"samples/{p}" for p in today - {"cloudevent.json"}}
    assert count == len(samples_of_today())
