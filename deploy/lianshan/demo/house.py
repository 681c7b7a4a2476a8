"""The demo's own stack: begun afresh, stopped at the end, whatever happens in between."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.lianshan.local import stack
from deploy.lianshan.local.folder import Folder, FolderInUseError

STOP_SECONDS = 10.0


class NotOursError(RuntimeError):
    """The folder holds something that no stack made, so it is not wiped."""


@contextmanager
def own_stack(root: Path, say: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """A stack in `root`, empty but for the register of areas; gives what `stack.json` holds.

    It always runs its own servers, so that no data of anyone's is touched. What is left in `root` from an earlier
    demo goes. Raises StartFailedError, FolderInUseError, MissingProgramError, NotOursError.
    """
    folder = _emptied(Folder(root.absolute()), say)
    with folder.held():
        running = stack.Stack(folder, stack.Options(), say)
        watcher = threading.Thread(target=running.supervisor.watch, name="supervisor", daemon=True)
        try:
            addresses = running.start()
            watcher.start()
            yield addresses
        finally:
            running.supervisor.stop_requested = True
            if watcher.is_alive():
                watcher.join(STOP_SECONDS)
            running.stop()


def _emptied(folder: Folder, say: Callable[[str], None]) -> Folder:
    if stack.is_up(folder):
        raise FolderInUseError(f"A demo runs in {folder.root}: wait for its end, or stop it.")
    if folder.root.exists():
        if any(folder.root.iterdir()) and not (folder.root / "secrets.json").exists():
            raise NotOursError(f"{folder.root} holds something else than a demo's data: move it away.")
        stack.down(folder, say)
        shutil.rmtree(folder.root)
    fresh = Folder(folder.root)
    fresh.make()
    return fresh
