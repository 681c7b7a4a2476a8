"""The comparison of today's contracts with those of a release: each function returns the faults it finds, in words."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import release
from actors import HEADERS
from jsonschema_rs import Draft202012Validator, ValidationError
from pydantic import BaseModel

from shared.contracts import export
from shared.contracts.compatibility import Schemas, compare_releases, kind_of
from shared.contracts.envelope import CONTENT_TYPE
from shared.contracts.examples import NOW
from shared.contracts.messages import QUERIES, answers_of
from shared.engine import Handlers
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import decode

GIT = shutil.which("git") or "git"
ROOT = Path(__file__).resolve().parents[2]
READERS = ("shared/__init__.py", "shared/contracts")
"""The part of a release that reads messages."""

Samples = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Kept:
    """A release as it is kept: schemas and samples by path, and the breaks that are meant, each with its reason."""

    schemas: Schemas
    samples: Samples
    accepted: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path, accepted: Mapping[str, str]) -> "Kept":
        return cls(_read(folder / "schemas"), _read(folder / "samples"), accepted)

    def accepts(self, path: str, direction: str) -> bool:
        return any(line.startswith(f"{direction} {path} ") for line in self.accepted)


def _read(folder: Path) -> dict[str, Any]:
    return {str(p.relative_to(folder)): json.loads(p.read_text("utf-8")) for p in sorted(folder.rglob("*.json"))}


@cache
def samples_of_today() -> list[tuple[str, Any]]:
    return [(path, message) for path, found in release.samples().items() for message in found]


def breaks_since(before: Schemas, now: Schemas) -> set[str]:
    """As they have to stand in `accepted.json`."""
    return {str(found) for found in compare_releases(before, now)}


def unlisted(kept: Kept) -> list[str]:
    """The breaks that nobody has listed, and the lines that are listed in vain."""
    found = breaks_since(kept.schemas, export.schemas())
    return sorted(found - kept.accepted.keys()) + [f"in vain: {line}" for line in sorted(kept.accepted.keys() - found)]


def misread(kept: Kept) -> list[str]:
    """The parts of kept messages that the engine of today reads otherwise."""
    today = export.schemas().keys()
    return [
        f"{path}: {what}"
        for path, messages in kept.samples.items()
        for message in messages
        if path in today and not kept.accepts(path, "back")
        for what in lost(said_in(path, message), understood(path, message))
    ]


def misfits(kept: Kept) -> list[str]:
    """The messages of today that the kept schemas refuse."""
    wrong = []
    for path, message in known_to(kept):
        try:
            Draft202012Validator(kept.schemas[path]).validate(said_in(path, message))
            if kind_of(path) == "events":
                Draft202012Validator(kept.schemas["cloudevent.json"]).validate(message)
        except ValidationError as error:
            wrong.append(f"{path}: {error.instance_path} {error.message}")
    return wrong


def misread_by_code(tree: Path, sent: list[tuple[str, Any]]) -> list[str]:
    """The parts of these messages that the contracts in `tree` read otherwise; fields that they lack are no concern."""
    wrong = []
    for (path, message), (read, error) in zip(sent, read_by(tree, sent), strict=True):
        if error is not None:
            wrong.append(f"{path}: {error}")
        else:
            wrong += [f"{path}: {what}" for what in lost(read, said_in(path, message)) if "is gone" not in what]
    return wrong


def known_to(kept: Kept) -> list[tuple[str, Any]]:
    """The messages of today whose types the release has, without those that it is meant to refuse."""
    return [(path, m) for path, m in samples_of_today() if path in kept.schemas and not kept.accepts(path, "forward")]


def delivered(path: str, message: Any) -> Delivery:
    """As the broker hands out an event or a command."""
    if kind_of(path) == "events":
        properties = {"content_type": CONTENT_TYPE, "type": message["type"]}
        return Delivery("charity.events", 1, json.dumps(message).encode(), properties, "key", redelivered=False)
    properties = {"message_id": "m-1", "type": message["type"], "application_headers": HEADERS}
    return Delivery("commands", 1, json.dumps(message["body"]).encode(), properties, "key", redelivered=False)


def understood(path: str, message: Any) -> Any:
    """The message as today's engine, query runner or gateway reads it."""
    if kind_of(path) == "queries":
        return _dumped(QUERIES[message["to"], message["type"]], message["body"])
    if kind_of(path) == "answers":
        return _dumped(answers_of(message["to"])[message["type"]], message["body"])
    is_command = kind_of(path) == "commands"
    handlers = Handlers(message["to"] if is_command else "charity")
    received = decode(delivered(path, message), handlers, is_command=is_command, now=NOW)
    data: Any = received.message.data
    return json.loads(data.model_dump_json())


def _dumped(model: type[BaseModel], body: Any) -> Any:
    return json.loads(model.model_validate(body).model_dump_json())


def said_in(path: str, message: Any) -> Any:
    return message["data"] if kind_of(path) == "events" else message["body"]


def lost(sent: Any, read: Any, where: str = "") -> Iterator[str]:
    """The fields that are not read as they were sent."""
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


def tree_of(commit: str, folder: Path, parts: Sequence[str] = READERS) -> Path:
    """The contracts as that commit has them. Fails where the clone lacks it: a shallow one cannot answer."""
    packed = subprocess.run([GIT, "archive", commit, *parts], cwd=ROOT, capture_output=True, timeout=30, check=False)
    if packed.returncode:
        reason = packed.stderr.decode().strip()
        raise AssertionError(f"{release.not_here(commit)} ({reason})")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        # By its name, as Python's documents advise: 3.11.2, Debian 12's own, has no argument `filter`.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)  # noqa: S202 - a commit of our own
    return folder


def read_by(tree: Path, messages: list[tuple[str, Any]]) -> list[tuple[Any, str | None]]:
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
