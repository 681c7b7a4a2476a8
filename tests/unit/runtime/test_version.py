"""One version everywhere: in the package, in the code, in the manifests."""

import re
import tomllib
from pathlib import Path

import pytest

from shared.runtime.version import VERSION

ROOT = Path(__file__).parents[3]
RELEASED = ROOT / "tests" / "contract" / "released"


@pytest.mark.parametrize("project", ["pyproject.toml", "shared/client/pyproject.toml"])
def test_the_code_and_the_packages_have_one_version(project: str) -> None:
    assert tomllib.loads((ROOT / project).read_text("utf-8"))["project"]["version"] == VERSION


@pytest.mark.parametrize("overlay", ["city", "town"])
def test_the_manifests_name_images_of_this_version(overlay: str) -> None:
    manifest = (ROOT / "deploy/kubernetes/overlays" / overlay / "kustomization.yaml").read_text("utf-8")
    assert set(re.findall(r"newTag: (\S+)", manifest)) == {VERSION}


def test_the_client_names_this_version_to_the_server() -> None:
    assert f'"lianshan-client/{VERSION}"' in (ROOT / "shared/client/lianshan_client/flow.py").read_text("utf-8")


def test_code_after_a_release_does_not_pass_for_it() -> None:
    kept = {folder.name for folder in RELEASED.iterdir() if folder.is_dir()}
    assert VERSION.endswith(".dev0") or VERSION not in kept or _is_at_release(VERSION)


def _is_at_release(version: str) -> bool:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    return re.search(rf"^## \[Unreleased\]\n+## \[{re.escape(version)}\]", changelog, re.MULTILINE) is not None
