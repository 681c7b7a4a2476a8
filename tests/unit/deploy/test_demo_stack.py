"""The demo keeps to its own folder: it wipes the remains of a demo there and nothing else."""

import os
from pathlib import Path

import pytest

from deploy.lianshan.demo.run import main
from deploy.lianshan.demo.stack import NotOursError, run_own_stack
from deploy.lianshan.local.folder import Folder, FolderInUseError, write_json
from deploy.lianshan.local.processes import Identity


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    with pytest.raises(NotOursError, match="something else"), run_own_stack(tmp_path, lambda _: None):
        pass
    assert letter.read_text() == "dear"


def test_such_a_folder_ends_the_demo_with_one_line_and_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "letter.txt").write_text("dear")
    assert main(["--json", "--var", str(tmp_path)]) == 1
    assert "move it away" in capsys.readouterr().err


def test_a_demo_that_runs_is_not_disturbed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    write_json(folder.supervisor_file, Identity.of(os.getpid()).to_json())
    with pytest.raises(FolderInUseError, match="A demo runs"), run_own_stack(tmp_path, lambda _: None):
        pass
