"""Backups that are too old are found where they were made, and go with their keys."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.lianshan.backup import delete_backups, find_old, keys_file_of, note_backup
from deploy.lianshan.local.folder import Folder

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def backup(path: Path, days: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a backup")
    keys_file_of(path).write_text("its keys")
    written = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (written, written))
    return path


def test_those_of_the_list_and_of_the_folder_are_found_oldest_first(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "var")
    elsewhere, young = backup(tmp_path / "disk" / "a.backup", 200), backup(tmp_path / "here" / "b.backup", 10)
    beside = backup(tmp_path / "here" / "c.backup", 91)
    for one in (elsewhere, young):
        note_backup(folder, one)
    assert find_old(folder, tmp_path / "here", NOW, 90) == [elsewhere, beside]
    assert find_old(folder, None, NOW, 90) == [elsewhere]
    assert find_old(folder, None, NOW, 365) == []


def test_a_deleted_backup_leaves_neither_keys_nor_a_line_in_the_list(tmp_path: Path) -> None:
    folder, old = Folder(tmp_path / "var"), backup(tmp_path / "a.backup", 200)
    note_backup(folder, old)
    delete_backups(find_old(folder, None, NOW, 90))
    assert not old.exists()
    assert not keys_file_of(old).exists()
    note_backup(folder, backup(tmp_path / "b.backup", 0))
    assert str(old) not in (folder.root / "backups.json").read_text()
