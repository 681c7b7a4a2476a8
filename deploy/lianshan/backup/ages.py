"""The age of backups: each holds the persons erased after it, so that none outlives the operator's limit."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from deploy.lianshan.backup.keys import keys_file_of
from deploy.lianshan.local.folder import Folder, read_json, write_json

NAME: Final = "backups.json"
"""The file in the data folder that lists the backups made by its commands."""
PATTERN: Final = "*.backup"


def note_backup(folder: Folder, path: Path) -> None:
    """Add the backup to the list of the data folder, which forgets those whose file is gone."""
    known = [*_known(folder), path.absolute()]
    folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_json(folder.root / NAME, sorted({str(one) for one in known if one.is_file()}))


def find_old(folder: Folder, beside: Path | None, now: datetime, days: int) -> list[Path]:
    """Return the backups older than `days`, oldest first: those in the list, and in the folder `beside`.

    The age is that of the file: it is written once.
    """
    found = {*_known(folder), *(beside.absolute().glob(PATTERN) if beside is not None else ())}
    ages = sorted((_written(path), path) for path in found if path.is_file())
    return [path for written, path in ages if now - written > timedelta(days=days)]


def delete_backups(paths: Iterable[Path]) -> None:
    """Delete the backups with the keys beside them. Raises OSError."""
    for path in paths:
        keys_file_of(path).unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _known(folder: Folder) -> list[Path]:
    names = read_json(folder.root / NAME)
    return [Path(name) for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
