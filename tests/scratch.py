"""Keeps the files of a session in memory where there is room: servers that are thrown away need no disk.

A store of 700 indexes is 700 files. On a disk each is entered in the file system's journal, which takes nearly half of
the store's CPU and most of the time for which a test waits for a new one.

`--basetemp=FOLDER` keeps the files there instead, to be looked at afterwards.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import psutil
import pytest

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - each session makes a folder of its own there
NAME: Final = "lianshan-tests-"
LEAST_ROOM: Final = 8 * 1024**3
"""Free bytes of the file system in memory: four times the files of all servers of a session."""
LEAST_MEMORY: Final = 12 * 1024**3
"""Free bytes of memory, of which the files take a part."""


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the session's files, unless it was given."""
    if config.option.basetemp is None and not hasattr(config, "workerinput") and (folder := _make_folder()):
        config.option.basetemp = folder / "session"
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def _make_folder() -> Path | None:
    """Return a new folder in memory; None where that is too small."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    for left in MEMORY.glob(f"{NAME}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(NAME).partition("-")[0])):
            shutil.rmtree(left, ignore_errors=True)  # of a session that was killed
    if shutil.disk_usage(MEMORY).free < LEAST_ROOM or psutil.virtual_memory().available < LEAST_MEMORY:
        return None
    return Path(tempfile.mkdtemp(prefix=f"{NAME}{os.getpid()}-", dir=MEMORY))
