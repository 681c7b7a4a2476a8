"""The demo's own stack: begun empty, and stopped at the end in every case."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.lianshan.local.folder import Folder, FolderInUseError
from deploy.lianshan.local.stack import Options, Report, Stack, stop_stack
from deploy.lianshan.local.state import StackAddresses, is_up

STOP_SECONDS: Final = 10.0


class NotOursError(RuntimeError):
    """The folder holds something that no stack made, so it is not emptied."""


@contextmanager
def run_own_stack(root: Path, report: Report) -> Iterator[StackAddresses]:
    """Run a stack in `root`, empty but for the register of areas, with a movable clock, and yield its addresses.

    It always runs its own servers, so that nobody's data is touched. The data of an earlier demo in `root` is removed.
    Raises StartFailedError, FolderInUseError, MissingProgramError, NotOursError.
    """
    folder = _empty(Folder(root.absolute()), report)
    with folder.held():
        running = Stack(folder, Options(movable_clock=True), report)
        watcher = threading.Thread(target=running.supervisor.watch, name="supervisor", daemon=True)
        try:
            addresses = running.start()
            watcher.start()
            yield addresses
        finally:
            # The watcher would start a process again that is just being stopped.
            running.supervisor.stop_requested = True
            if watcher.is_alive():
                watcher.join(STOP_SECONDS)
            running.stop()


def _empty(folder: Folder, report: Report) -> Folder:
    if is_up(folder):
        raise FolderInUseError(f"A demo runs in {folder.root}: wait for its end, or stop it.")
    if folder.root.exists():
        if any(folder.root.iterdir()) and not folder.secrets_file.exists():
            raise NotOursError(f"{folder.root} holds something else than a demo's data: move it away.")
        stop_stack(folder, report)
        shutil.rmtree(folder.root)
    # Another object: the first one knows the secrets of the folder that is gone.
    fresh = Folder(folder.root)
    fresh.make()
    return fresh
