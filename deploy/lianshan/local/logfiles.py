"""Log files that stay within bounds while other processes write to them."""

import os
import shutil
from pathlib import Path
from typing import IO, Final

LIMIT_BYTES: Final = 20 * 1024**2
KEPT: Final = 2


def open_log(path: Path) -> IO[bytes]:
    """Open a log for a child's stdout and stderr, readable by its owner only.

    It appends, so that after a rotation the child writes at the new start and leaves no hole.
    """
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def rotate(path: Path, limit: int = LIMIT_BYTES) -> None:
    """Copy a file larger than `limit` bytes aside and empty it; keep KEPT copies.

    The writer keeps its handle and notices nothing. Lines that it writes between copy and truncation are lost.
    """
    try:
        if path.stat().st_size <= limit:
            return
    except FileNotFoundError:
        return
    for number in range(KEPT, 1, -1):
        older = path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)


def tail(path: Path, lines: int = 8) -> list[str]:
    """Return the last lines, which mostly say why a process died; none where there is no file."""
    try:
        with path.open("rb") as file:
            # Enough for the lines of a stack trace, however large the log.
            file.seek(max(0, path.stat().st_size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
