"""A stack on a disk that is nearly full says so instead of starting half."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.lianshan.local import stack
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.supervisor import StartFailedError


@pytest.fixture
def nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=30_000_000))


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, nearly_full: None) -> None:
    folder = Folder(tmp_path / "var")
    folder.make()
    starting = stack.Stack(folder, stack.Options(), lambda _: None)
    with pytest.raises(StartFailedError, match=r"30 MB left.*LIANSHAN_VAR"):
        starting.start()
    assert starting.supervisor.children == {}
    assert not folder.supervisor_file.exists()
