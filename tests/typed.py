"""Checks the types of all that tests share, as strictly as the product: `python -m tests.typed`, as `make types` does.

That is every module of a package of tests, and every module in the folders of helpers, of which pytest's `pythonpath`
has the list. A file of tests outside the packages is not checked: most of its functions name no types.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LIMIT_SECONDS: Final = 600


def list_folders() -> list[str]:
    """Return the folders of helpers."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        folders: list[str] = tomllib.load(file)["tool"]["pytest"]["ini_options"]["pythonpath"]
    return folders


def list_arguments(folders: list[str]) -> Iterator[str]:
    """Yield the arguments for mypy: the packages, then the modules of the folders."""
    for package in sorted((ROOT / "tests").glob("*/__init__.py")):
        yield f"--package=tests.{package.parent.name}"
    for file in sorted(file for folder in folders for file in (ROOT / folder).glob("*.py")):
        if not file.name.startswith(("test_", "conftest", "__")):
            yield f"--module={file.stem}"


def main() -> int:
    """Run mypy; return its exit code."""
    folders = list_folders()
    environment = {**os.environ, "MYPYPATH": os.pathsep.join(folders)}
    program = str(Path(sys.executable).with_name("mypy"))
    command = [program, *list_arguments(folders)]
    return subprocess.run(command, cwd=ROOT, env=environment, timeout=LIMIT_SECONDS, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
