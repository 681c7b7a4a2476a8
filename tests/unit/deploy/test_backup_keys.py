"""The keys that a backup is read with: found beside it, checked before anything is restored."""

import base64
from pathlib import Path

import pytest

from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.keys import Keys, find_keys, keys_file_of
from deploy.lianshan.local.folder import Folder
from shared.runtime.vault import Vault

OURS, OTHERS = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
SEALED_WITH = [Vault(bytes([1]) * 32).key_id]


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIANSHAN_DATA_KEY", raising=False)


def test_keys_are_written_for_their_owner_only_and_read_again(tmp_path: Path):
    keys = Keys(OURS, "admin")
    keys.save(tmp_path / "a.keys")
    assert (tmp_path / "a.keys").stat().st_mode & 0o777 == 0o600
    assert Keys.of_file(tmp_path / "a.keys") == keys


def test_the_file_beside_a_backup_is_found(tmp_path: Path):
    Keys(OURS, "admin").save(keys_file_of(tmp_path / "a.backup"))
    found = find_keys(SEALED_WITH, tmp_path / "a.backup", None, Folder(tmp_path / "var"))
    assert found == Keys(OURS, "admin")


@pytest.mark.parametrize("by_file", [False, True])
def test_without_one_that_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_file: bool):
    (tmp_path / "key").write_text(f"{OURS}\n")
    monkeypatch.setenv(*(("LIANSHAN_DATA_KEY_FILE", str(tmp_path / "key")) if by_file else ("LIANSHAN_DATA_KEY", OURS)))
    found = find_keys(SEALED_WITH, tmp_path / "a.backup", None, Folder(tmp_path / "var"))
    assert found == Keys(OURS)


def test_keys_that_do_not_open_it_are_refused_and_the_needed_one_is_named(tmp_path: Path):
    Keys(OTHERS).save(tmp_path / "other.keys")
    with pytest.raises(RestoreFailedError, match=f"sealed with data key {SEALED_WITH[0]}, and .*--keys"):
        find_keys(SEALED_WITH, tmp_path / "a.backup", tmp_path / "other.keys", Folder(tmp_path / "var"))


def test_no_keys_at_all_are_refused_as_well(tmp_path: Path):
    with pytest.raises(RestoreFailedError, match=r"has none: .*--keys, or set LIANSHAN_DATA_KEY"):
        find_keys(SEALED_WITH, tmp_path / "a.backup", None, Folder(tmp_path / "var"))


def test_a_backup_without_personal_data_needs_none(tmp_path: Path):
    assert find_keys([], tmp_path / "a.backup", None, Folder(tmp_path / "var")) == Keys()
