"""The parts in which the tests without servers run: every file once, two about as long and one that mostly waits."""

from pathlib import Path

import pytest

from tests import parts

ROOT = Path(__file__).parents[2]


def test_each_file_that_is_long_is_there() -> None:
    assert [file for file in parts.SECONDS if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("start", parts.WAITING)
def test_each_file_that_waits_is_there(start: str) -> None:
    assert (ROOT / start).exists()


def test_every_file_is_in_one_part() -> None:
    files = parts.find_files(["tests/unit", "tests/contract"])
    first, second, waiting = parts.share_all(files)
    assert sorted(first + second + waiting) == sorted(files)
    assert "tests/unit/test_parts.py" in waiting


def test_the_parts_take_about_as_long() -> None:
    files = parts.find_files(["tests/unit"])
    first, second, _ = (sum(files[file] for file in part) for part in parts.share_all(files))
    assert first == pytest.approx(second, rel=0.05)


def test_one_file_alone_is_one_part() -> None:
    for file in ("tests/unit/test_parts.py", "tests/unit/test_workers.py"):
        assert parts.share_all(parts.find_files([file])) == [[file]]


def test_a_test_that_fails_in_either_part_fails_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, outcome in (("right", "True"), ("wrong", "False")):
        (tmp_path / f"test_{name}.py").write_text(f"def test_it() -> None:\n    assert {outcome}\n", "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    both = ["test_right.py", "test_wrong.py"]
    assert parts.main(both) == 1
    assert parts.main([*both, "--", "-k", "right"]) == 0
