"""The file of the key ring: that which LIANSHAN_DATA_KEY_FILE names, or that of the stack's own folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.lianshan.local.folder import Folder, replace_private
from shared.runtime.keyring import MOST_BYTES, KeyRing, parse_ring
from shared.runtime.secretfiles import file_variable, named_file, variable

FIELD = "data_key"


@dataclass(frozen=True)
class RingFile:
    """A key ring in a file. `folder` is that of the stack whose own file it is."""

    path: Path
    folder: Folder | None = None

    def read(self) -> KeyRing:
        """Return the ring. Raises OSError, or ValueError where the file holds none."""
        with self.path.open(encoding="utf-8") as file:
            return parse_ring(file.read(MOST_BYTES))

    def write(self, ring: KeyRing) -> None:
        """Replace the ring, whole or not at all; the services take it up by themselves. Raises OSError."""
        if self.folder is not None:
            self.folder.keep_data_key(ring.to_text())
        else:
            replace_private(self.path, f"{ring.to_text()}\n")


def find_ring_file(folder: Folder) -> RingFile:
    """Return the file of the ring. Raises ValueError where the ring stands in the environment, or nowhere."""
    if (path := named_file(FIELD)) is not None:
        return RingFile(path)
    if variable(FIELD) in os.environ:
        raise ValueError(
            f"{variable(FIELD)} holds the key itself, which no running process can follow: put it in a file, and name "
            f"that by {file_variable(FIELD)}"
        )
    if not folder.data_key_file.is_file():
        raise ValueError(f"{folder.data_key_file} is missing: start the stack of this folder once with `lianshan up`")
    return RingFile(folder.data_key_file, folder)
