"""The last lines of a backup and of a restore: the operator reads the steps that are left."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from erasure_journal import journal

from deploy.lianshan.backup import Reader, RestoreFailedError, check_before_start
from deploy.lianshan.backup.dump import Backup
from deploy.lianshan.backup.keys import Keys
from deploy.lianshan.backup.manifest import Manifest
from deploy.lianshan.backup.restore import Restored
from deploy.lianshan.backup.stack_restore import StackRestored
from deploy.lianshan.cli.backup_report import print_backup, print_restore
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.stack import Options
from shared.people.journal import head_of


def backed_up(path: Path) -> Backup:
    manifest = SimpleNamespace(documents=3, moment=Manifest(cluster_time=(1_790_000_000, 1)).moment, data_keys=[])
    made = SimpleNamespace(
        path=path, manifest=manifest, events=0, letters=0, size=10, seconds=1.0, agencies=[]
    )  # fmt: skip
    return cast("Backup", made)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_files_that_stand_beside_each_other_are_named_so_with_the_way_to_part_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = backed_up(tmp_path / "a.backup")
    print_backup(made, Keys(""), tmp_path / "a.keys", tmp_path / "erasures.jsonl")
    beside = said(capsys)
    assert "now they stand in one folder, so move the keys to another place, or write them there by --keys" in beside
    assert "now it stands beside them, so keep a copy elsewhere, written by --journal FILE" in beside
    print_backup(made, Keys(""), tmp_path / "safe" / "a.keys", tmp_path / "safe" / "erasures.jsonl")
    apart = said(capsys)
    assert "keep them apart" in apart
    assert "keep this file outside the backups" in apart
    assert "now " not in apart


@pytest.mark.parametrize("found", [{"left": ["charity.events: 3 messages"]}, {"breaches": ["L1: need_1 is lost"]}])
def test_a_restore_that_finds_a_fault_says_that_it_stands_and_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], found: dict[str, Any]
) -> None:
    restored = StackRestored(Restored(3, 0, 0, False, 1.0), **{"breaches": [], **found})
    print_restore(restored, Folder(tmp_path), tmp_path)
    printed = said(capsys)
    for words in ("not as it should be", "The restore is complete and stays", "lianshan doctor", "lianshan up --var"):
        assert words in printed
    print_restore(StackRestored(Restored(3, 0, 0, False, 1.0), breaches=[]), Folder(tmp_path), None)
    assert "the laws are kept. Start it with `lianshan up`" in said(capsys)


def test_a_journal_that_cannot_do_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    backup = cast(
        "Reader",
        SimpleNamespace(path=tmp_path / "a.backup", manifest=SimpleNamespace(journal=head_of(journal("a", "b")))),
    )
    folder = Folder(tmp_path / "var")
    for useless, reason in ((None, "no journal of erasures later than a.backup"), (journal("a"), "ends before")):
        with pytest.raises(RestoreFailedError, match=rf"(?s){reason}.*Nothing was started"):
            check_before_start(folder, Options(), backup, useless)
    check_before_start(folder, Options(), backup, journal("a", "b", "c"))
    assert not folder.root.exists()


def test_a_mongodb_that_may_hold_a_later_journal_is_asked_first(tmp_path: Path) -> None:
    backup = cast(
        "Reader",
        SimpleNamespace(path=tmp_path / "a.backup", manifest=SimpleNamespace(journal=head_of(journal("a", "b")))),
    )
    check_before_start(Folder(tmp_path / "new"), Options(mongo_uri="mongodb://own"), backup, None)
    (tmp_path / "var" / "mongo").mkdir(parents=True)
    (tmp_path / "var" / "mongo" / "WiredTiger").touch()
    check_before_start(Folder(tmp_path / "var"), Options(), backup, None)
