"""Log files that stay within bounds while other processes write to them."""

import os
import shutil
from pathlib import Path
from typing import IO, Final

LIMIT_BYTES: Final = 20 * 1024**2
KEPT: Final = 2


def open_log(path: Path) -> IO[bytes]:
    """For a child's stdout and stderr. It appends, so that what follows a rotation begins at the new start."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def rotate(path: Path, limit: int = LIMIT_BYTES) -> None:
    """Copy a file that has grown too large aside and empty it; the writer keeps its handle and notices nothing."""
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
    """Its last lines, for telling why a process died."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
