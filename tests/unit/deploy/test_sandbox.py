"""A sandbox begins from nothing, touches nobody else's data, and has nothing to do with servers of a city."""

from pathlib import Path

import pytest

from deploy.lianshan.demo.stack import NotOursError
from deploy.lianshan.demo.town import clear_folder
from deploy.lianshan.local.folder import Folder, write_json


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    for name in ("LIANSHAN_AMQP_URI", "LIANSHAN_MONGO_URI"):
        monkeypatch.delenv(name, raising=False)
    made = Folder(tmp_path / "var")
    made.make()
    return made


def fill(folder: Folder) -> None:
    (folder.root / "mongo" / "documents").write_text("of somebody")
    (folder.root / "rabbitmq" / "messages").write_text("to somebody")
    write_json(folder.secrets_file, {"mark": "of before"})


def test_the_data_of_another_stack_is_refused_and_stays(folder: Folder) -> None:
    fill(folder)
    with pytest.raises(NotOursError, match="--var"):
        clear_folder(folder, lambda _: None)
    assert (folder.root / "mongo" / "documents").is_file()


@pytest.mark.parametrize("name", ["LIANSHAN_AMQP_URI", "LIANSHAN_MONGO_URI"])
def test_servers_of_ones_own_are_refused_by_name(folder: Folder, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "amqp://city.example/")
    with pytest.raises(NotOursError, match=name):
        clear_folder(folder, lambda _: None)


def test_the_data_of_its_run_before_is_gone_and_its_logs_stay(folder: Folder) -> None:
    clear_folder(folder, lambda _: None)
    fill(folder)
    write_json(folder.root / "sandbox.json", {"key": "lk_of_before"})
    (folder.logs / "gateway.log").write_text("a line")
    cleared = clear_folder(folder, lambda _: None)
    assert not cleared.has_documents
    assert list((folder.root / "rabbitmq").iterdir()) == []
    assert cleared.find_sandbox_key() is None
    assert cleared.secrets["mark"] != "of before"
    assert (folder.logs / "gateway.log").is_file()


def test_the_folder_of_another_stack_has_no_key_of_a_sandbox(folder: Folder) -> None:
    assert folder.find_sandbox_key() is None
