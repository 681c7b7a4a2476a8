"""The parts in which the tests without servers run: every file once, two about as long and one that mostly waits."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
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


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., int]:
    """Runs the parts of a project of its own, without the product and the plugins."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    for name, outcome in (("right", "assert True"), ("wrong", "assert False"), ("killed", "os.kill(os.getpid(), 9)")):
        (tmp_path / f"test_{name}.py").write_text(f"import os\ndef test_it() -> None:\n    {outcome}\n", "utf-8")
    program = "import sys; from pathlib import Path; from tests import parts; parts.ROOT = Path.cwd(); "
    program += "parts.PLUGINS = ('--disable-plugin-autoload',); "
    command = [sys.executable, "-c", f"{program} sys.exit(parts.main(sys.argv[1:]))"]

    def in_parts(*words: str) -> int:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([*command, *words], check=False, cwd=tmp_path, env=environment, timeout=60)
        return done.returncode

    return in_parts


def test_a_test_that_fails_in_either_part_fails_the_whole(run: Callable[..., int]) -> None:
    both = ("test_right.py", "test_wrong.py")
    assert run(*both) == 1
    assert run(*both, "--", "-k", "right") == 0


def test_a_part_that_is_killed_fails_the_whole(run: Callable[..., int]) -> None:
    assert run("test_killed.py", "test_right.py") == signal.SIGKILL


def test_an_import_of_the_product_that_warns_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_module_that_warns.py").write_text("import warnings\nwarnings.warn('old')\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(parts, "PRODUCT", ("a_module_that_warns",))
    with pytest.raises(UserWarning, match="old"):
        parts.load_product()
