"""A stack's folder: choices stay, private files are private, and two stacks keep apart."""

import socket
import stat
from pathlib import Path

import pytest

from deploy.lianshan.local.folder import LOOPBACK, PORTS, Folder, FolderInUseError, read_json, write_json


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "var")
    made.make()
    return made


def test_ports_are_chosen_once_and_kept(folder: Folder) -> None:
    first = folder.port("amqp")
    assert first in PORTS
    assert Folder(folder.root).port("amqp") == first
    assert folder.port("mongod") != first


def test_a_port_that_a_stranger_has_taken_is_chosen_anew(folder: Folder) -> None:
    first = folder.port("amqp")
    with socket.socket() as stranger:
        stranger.bind((LOOPBACK, first))
        stranger.listen()
        second = folder.port("amqp")
    assert second != first
    assert folder.known_port("amqp") == second


def test_secrets_are_made_once_and_read_by_the_owner_only(folder: Folder) -> None:
    made = folder.secrets
    assert Folder(folder.root).secrets == made
    assert stat.S_IMODE((folder.root / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700


def test_two_folders_share_neither_secrets_nor_marks(tmp_path: Path) -> None:
    folders = [Folder(tmp_path / name) for name in ("one", "two")]
    for folder in folders:
        folder.make()
    one, two = (folder.secrets for folder in folders)
    assert all(one[name] != two[name] for name in ("mark", "broker_password", "data_key"))


def test_a_folder_is_held_by_one_supervisor_at_a_time(folder: Folder) -> None:
    with folder.held(), pytest.raises(FolderInUseError, match="lianshan down"), Folder(folder.root).held():
        pytest.fail("a second supervisor was let in")
    with folder.held():
        pass


def test_a_file_cut_off_by_a_crash_counts_as_missing(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    path.write_text('{"gateway_url": "ht')
    assert read_json(path) is None
    write_json(path, {"gateway_url": "http://127.0.0.1:1"})
    assert read_json(path) == {"gateway_url": "http://127.0.0.1:1"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_folder_is_that_given_or_that_of_the_environment_or_var(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIANSHAN_VAR", raising=False)
    assert Folder.here().root == tmp_path / "var"
    monkeypatch.setenv("LIANSHAN_VAR", "other")
    assert Folder.here().root == tmp_path / "other"
    assert Folder.here(Path("third")).root == tmp_path / "third"
