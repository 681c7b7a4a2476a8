"""The file of a backup: a tar of gzipped parts with the manifest at its end.

A part is at most about 16 MiB before it is packed, so that it is made and read in memory, each without the others.
"""

import errno
import gzip
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, Self

import bson

from deploy.lianshan.backup.errors import BackupFailedError, BadBackupError
from deploy.lianshan.backup.manifest import Manifest, Part, read_manifest
from deploy.lianshan.stores import Document

MANIFEST: Final = "manifest.json"
PART_BYTES: Final = 16 * 1024**2
LEVEL: Final = 1
"""The quickest compression: a better one would take its time from the services."""
_MAX_MANIFEST: Final = 256 * 1024**2

Progress = Callable[[int], None]
"""Takes the number of bytes or documents that are done in addition."""


def pack(documents: bytes) -> bytes:
    """Return the documents compressed, the same bytes every time."""
    return gzip.compress(documents, LEVEL, mtime=0)


class Writer:
    """Writes a backup under a temporary name; only `finish` gives the file its own. Made by `open_writer`."""

    def __init__(self, path: Path, partial: Path, file: BinaryIO, keep_free: int) -> None:
        self.manifest = Manifest()
        self._path = path
        self._partial = partial
        self._keep_free = keep_free
        self._file = file
        self._tar = tarfile.open(fileobj=file, mode="w")  # noqa: SIM115 - an unfinished file is thrown away

    def add(self, of: str, packed: bytes, documents: int) -> None:
        """Add a packed part of the collection or queue `of`; `documents` is their number."""
        name = f"{of}.{len(self.manifest.parts):06d}.bson.gz"
        self._append(name, packed)
        self.manifest.parts.append(
            Part(name=name, of=of, sha256=sha256(packed).hexdigest(), size=len(packed), documents=documents)
        )

    def finish(self) -> int:
        """Write the manifest, give the file its name, and return its size in bytes."""
        self._append(MANIFEST, self.manifest.to_json())
        self._tar.close()
        # On the disk before it has its name: a file with that name is whole, also after a power failure.
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._partial.rename(self._path)
        return size

    def _append(self, name: str, content: bytes) -> None:
        if self._keep_free and shutil.disk_usage(self._partial.parent).free - len(content) < self._keep_free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(content), 0o600
        entry.mtime = int(self.manifest.created.timestamp())
        self._tar.addfile(entry, io.BytesIO(content))


@contextmanager
def open_writer(path: Path, keep_free: int = 0) -> Iterator[Writer]:
    """Write a new file; nothing is left of one that is not finished.

    At least `keep_free` bytes of the disk stay free. Raises BackupFailedError where the disk or another backup refuses.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with open(partial, "xb", opener=_private) as file:
            try:
                yield Writer(path, partial, file, keep_free)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise BackupFailedError(_explain(error, path, partial, keep_free)) from error


def _explain(error: OSError, path: Path, partial: Path, keep_free: int) -> str:
    # The draft exists already: its backup is still at work or was killed.
    if isinstance(error, FileExistsError):
        return f"{partial} exists: another backup is being written there, or was cut off; then remove it"
    # A quota and the limit on the size of files end a write as a full disk does.
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        kept = f" (a backup leaves {keep_free >> 20:,} MiB to the stack's servers)" if keep_free else ""
        return (
            f"the disk of {path.parent} is full{kept}: free some space or name another place; the unfinished backup "
            "was removed, and the services go on undisturbed"
        )
    return f"{error.strerror or error}: {path}: name a file or folder that can be written"


class Reader:
    """A finished backup, read from its file: `with Reader(path) as backup`.

    `own_version` is the version that reads it, by default this one's. Raises BadBackupError, OSError.
    """

    def __init__(self, path: Path, own_version: str | None = None) -> None:
        self.path = path
        self._file = path.open("rb")
        try:
            self._members = self._find_members()
            self.manifest = read_manifest(self._read_manifest(), own_version)
        except BadBackupError as error:
            self._file.close()
            raise BadBackupError(f"{path} cannot be restored: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def verify(self, progress: Progress = lambda _: None) -> None:
        """Read every part and compare it with its hash. `progress` takes bytes. Raises BadBackupError."""
        for part in self.manifest.parts:
            if sha256(self._read_packed(part)).hexdigest() != part.sha256:
                raise BadBackupError(f"{self.path} is damaged: {part.name} is not as it was written: use another.")
            progress(part.size)

    def read(self, part: Part) -> bytes:
        """Return a part's documents; safe to call from several threads. Raises BadBackupError."""
        try:
            return gzip.decompress(self._read_packed(part))
        except (OSError, EOFError) as error:
            raise BadBackupError(f"{self.path} is damaged: {part.name} cannot be unpacked: use another.") from error

    def documents(self, name: str) -> Iterator[Document]:
        """Yield the documents of the parts of that name, in their order. Raises BadBackupError."""
        for part in self.manifest.parts_of(name):
            yield from bson.decode_iter(self.read(part), bson.CodecOptions(tz_aware=True))

    def _read_packed(self, part: Part) -> bytes:
        member = self._members.get(part.name)
        if member is None or member[1] != part.size:
            raise BadBackupError(f"{self.path} is damaged: {part.name} is missing or cut off: use another.")
        # At a position, and not by seeking: threads share the file.
        return os.pread(self._file.fileno(), part.size, member[0])

    def _find_members(self) -> dict[str, tuple[int, int]]:
        """Return offset and size of each member of the tar."""
        try:
            with tarfile.open(fileobj=self._file, mode="r:") as tar:
                return {member.name: (member.offset_data, member.size) for member in tar}
        except tarfile.TarError as error:
            raise BadBackupError("it is no backup, or it was cut off") from error

    def _read_manifest(self) -> bytes:
        offset, size = self._members.get(MANIFEST, (0, 0))
        if not 0 < size < _MAX_MANIFEST:
            raise BadBackupError("it has no manifest, so it is no backup, or it was cut off")
        return os.pread(self._file.fileno(), size, offset)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
