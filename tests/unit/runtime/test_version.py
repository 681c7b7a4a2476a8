"""One version everywhere: in the package, in the code, in the manifests."""

import tomllib
from pathlib import Path

from shared.runtime.version import VERSION


def test_the_code_and_the_package_have_one_version():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION
