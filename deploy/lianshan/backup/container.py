"""The file itself: a tar of gzipped parts with the manifest at its end.

Parts are small enough to be made and read in memory, and each can be read without the others.
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

from deploy.lianshan.backup.errors import BackupFailedError, BadBackupError
from deploy.lianshan.backup.manifest import Manifest, Part, read_manifest

MANIFEST: Final = "manifest.json"
PART_BYTES: Final = 16 * 1024**2
LEVEL: Final = 1
"""The quickest compression: what it would save more, it would cost the services in processor time."""
_MOST_MANIFEST: Final = 256 * 1024**2

Told = Callable[[int], None]


def pack(documents: bytes) -> bytes:
    """Compressed, the same every time."""
    return gzip.compress(documents, LEVEL, mtime=0)


class Writer:
    """Writes under a temporary name; only `finish` gives the file its own. Made by `writing`."""

    def __init__(self, path: Path, partial: Path, file: BinaryIO, keep_free: int) -> None:
        self.manifest = Manifest()
        self._path = path
        self._partial = partial
        self._keep_free = keep_free
        self._file = file
        self._tar = tarfile.open(fileobj=file, mode="w")  # noqa: SIM115 - what is not finished is thrown away

    def add(self, of: str, packed: bytes, documents: int) -> None:
        """One part more."""
        name = f"{of}.{len(self.manifest.parts):06d}.bson.gz"
        self._append(name, packed)
        self.manifest.parts.append(
            Part(name=name, of=of, sha256=sha256(packed).hexdigest(), size=len(packed), documents=documents)
        )

    def finish(self) -> int:
        """The manifest, then the name; gives the size in bytes."""
        self._append(MANIFEST, self.manifest.to_json())
        self._tar.close()
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
def writing(path: Path, keep_free: int = 0) -> Iterator[Writer]:
    """A new file. Where it is not finished, for whatever reason, nothing is left of it.

    So many bytes of the disk stay free, where `keep_free` says so. Raises BackupFailedError for what the disk refuses.
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
    if isinstance(error, FileExistsError):
        return f"{partial} exists: another backup is being written there, or was cut off; then remove it"
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        kept = f" (a backup leaves {keep_free >> 20:,} MiB to the stack's servers)" if keep_free else ""
        return (
            f"the disk of {path.parent} is full{kept}: free some space or name another place; the unfinished backup "
            "was removed, and the services go on undisturbed"
        )
    return f"{error.strerror or error}: {path}: name a file or folder that can be written"


class Reader:
    """A finished backup. `with Reader(path) as backup`. Raises BadBackupError, OSError."""

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

    def verify(self, told: Told = lambda _: None) -> None:
        """Read everything and hold it to its hashes; `told` hears the bytes read. Raises BadBackupError."""
        for part in self.manifest.parts:
            if sha256(self._packed(part)).hexdigest() != part.sha256:
                raise BadBackupError(f"{self.path} is damaged: {part.name} is not as it was written: use another.")
            told(part.size)

    def read(self, part: Part) -> bytes:
        """A part's documents; safe to call from several threads. Raises BadBackupError."""
        try:
            return gzip.decompress(self._packed(part))
        except (OSError, EOFError) as error:
            raise BadBackupError(f"{self.path} is damaged: {part.name} cannot be unpacked: use another.") from error

    def _packed(self, part: Part) -> bytes:
        member = self._members.get(part.name)
        if member is None or member[1] != part.size:
            raise BadBackupError(f"{self.path} is damaged: {part.name} is missing or cut off: use another.")
        return os.pread(self._file.fileno(), part.size, member[0])

    def _find_members(self) -> dict[str, tuple[int, int]]:
        try:
            with tarfile.open(fileobj=self._file, mode="r:") as tar:
                return {member.name: (member.offset_data, member.size) for member in tar}
        except tarfile.TarError as error:
            raise BadBackupError("it is no backup, or it was cut off") from error

    def _read_manifest(self) -> bytes:
        offset, size = self._members.get(MANIFEST, (0, 0))
        if not 0 < size < _MOST_MANIFEST:
            raise BadBackupError("it has no manifest, so it is no backup, or it was cut off")
        return os.pread(self._file.fileno(), size, offset)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
