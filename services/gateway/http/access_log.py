"""The access log: one line for each answered request, in files of one day each, which are kept for six months at least.

Cybersecurity Law (网络安全法), art. 21: network logs are kept for six months at least. A line has the key, the path as
it is documented, the answer and the caller's address; no id of a thing and nothing about a person.
"""

import asyncio
import gzip
import os
import shutil
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from pydantic_core import to_json
from starlette.types import Scope

from services.gateway.background import end
from shared.runtime.clock import machine_now
from shared.runtime.logging import describe, get_logger

FLUSH_SECONDS: Final = 1.0
"""The longest that a line stays in memory: so much of the log a killed process loses."""
MOST_LINES: Final = 20_000
"""Lines in memory while the disk takes none; those beyond are counted and lost."""
OWN_ALONE: Final = 0o600
PREFIX: Final = "access-"
DAY: Final = "%Y-%m-%d"


@dataclass
class DayFiles:
    """The files of the access log in `folder`, one a day and process, kept for `days`."""

    folder: Path
    days: int
    # Several processes may share the folder, and one that starts again has perhaps the number of another.
    process: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    _tidied: date | None = None

    def keep(self, text: bytes, today: date) -> None:
        """Append the lines to today's file; on a new day pack and delete former ones. Raises OSError."""
        if text:
            self._append(today, text)
        if self._tidied != today:
            self._tidied = today
            self._tidy(today)

    def _append(self, day: date, text: bytes) -> None:
        path = self.folder / f"{PREFIX}{day:{DAY}}.{self.process}.jsonl"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWN_ALONE)
        try:
            written = os.write(file, text)
            if written != len(text):
                raise OSError(f"{path.name} took {written} of {len(text)} bytes")
        finally:
            os.close(file)

    def _tidy(self, today: date) -> None:
        for path in sorted(self.folder.glob(f"{PREFIX}*")):
            # One that cannot be packed or deleted keeps neither the others nor the lines of today.
            try:
                self._tidy_one(path, today)
            except OSError as error:
                get_logger().error("access_log_not_packed", file=path.name, error=describe(error))

    def _tidy_one(self, path: Path, today: date) -> None:
        day = day_of(path)
        if day is None:
            return
        if day < today - timedelta(days=self.days):
            path.unlink(missing_ok=True)
        # A day later: a process whose clock is behind may still write.
        elif day < today - timedelta(days=1) and path.suffix == ".jsonl":
            _pack(path)


class AccessLog:
    """Writes lines to `folder`, one file a day and process; without a folder, to the process's own log.

    `async with` it: a task writes once a second, packs the files of former days, and deletes those older than `days`.
    """

    def __init__(self, folder: Path | None, days: int) -> None:
        self._files = None if folder is None else DayFiles(folder, days)
        self._lines: list[bytes] = []
        self._lost = 0
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._files is not None:
            self._files.folder.mkdir(parents=True, exist_ok=True)
            self._writer = asyncio.create_task(self._write_on(self._files), name="access log")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._writer is not None and self._files is not None:
            await end(self._writer)
            await self._write(self._files)

    def add(self, scope: Scope, path: str, status: int, seconds: float) -> None:
        """Add the line of an answered request; `path` is that of the description, without ids."""
        line = _describe(scope, path, status, seconds)
        if self._files is None:
            get_logger().info("request", **line)
        elif len(self._lines) < MOST_LINES:
            self._lines.append(to_json({"at": machine_now().isoformat(timespec="milliseconds"), **line}) + b"\n")
        else:
            self._lost += 1

    async def _write_on(self, files: DayFiles) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self._write(files)

    async def _write(self, files: DayFiles) -> None:
        """Write the lines so far. A disk that takes none is logged, and the lines wait for the next try."""
        # Taken here and not in the thread: requests add lines meanwhile.
        lines, self._lines = self._lines, []
        lost, self._lost = self._lost, 0
        if lost:
            get_logger().error("access_log_lost_lines", count=lost)
        try:
            await asyncio.to_thread(files.keep, b"".join(lines), machine_now().date())
        except OSError as error:
            self._lines = lines + self._lines
            get_logger().error("access_log_not_written", error=describe(error))


def check_folder(folder: Path | None) -> None:
    """Make the folder where it is missing. Raises OSError where this process cannot write to it."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} is not writable")


def day_of(path: Path) -> date | None:
    """Return the day of a file of the access log; None for any other file."""
    with suppress(ValueError):
        return datetime.strptime(path.name.removeprefix(PREFIX).partition(".")[0], DAY).replace(tzinfo=UTC).date()
    return None


def _pack(path: Path) -> None:
    packed = path.with_name(f"{path.name}.gz")
    partial = path.with_name(f"{path.name}.gz.part")
    # Another process that shares the folder may pack the same file: each result is whole, and the last one stands.
    with suppress(FileNotFoundError):
        with (
            path.open("rb") as source,
            open(partial, "wb", opener=lambda name, flags: os.open(name, flags, OWN_ALONE)) as target,
            gzip.GzipFile(fileobj=target, mode="wb") as zipped,
        ):
            shutil.copyfileobj(source, zipped)
        partial.replace(packed)
        path.unlink()


def _describe(scope: Scope, path: str, status: int, seconds: float) -> Mapping[str, object]:
    state = scope.get("state", {})
    caller, client = state.get("caller"), scope.get("client")
    return {
        "key": None if caller is None else caller.id,
        "method": scope["method"],
        "path": path,
        "status": status,
        "ms": round(seconds * 1000),
        "from": client[0] if client else None,
        "correlation": state.get("correlation", ""),
    }
