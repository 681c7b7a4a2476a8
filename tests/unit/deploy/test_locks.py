"""The packages that `make setup` installs: exactly the locked ones, all that are required, from any index."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.lianshan.local.services import SOURCE

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ]+)(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
EXTRAS = {"base": (), "dev": ("dev", "bench", "embedded"), "mutants": ("mutants",), "fairness": ("fairness",)} | {
    "assistant": ("assistant",)
}


def lines(group: str) -> list[str]:
    return (SOURCE / "requirements" / f"{group}.lock").read_text().splitlines()


def pinned(group: str) -> dict[str, str]:
    found = (PINNED.match(line) for line in lines(group))
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def asked_for(group: str) -> list[Requirement]:
    project = tomllib.loads(Path(SOURCE / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in EXTRAS[group]:
        wanted += project["optional-dependencies"][extra]
    return [Requirement(text) for text in wanted]


@pytest.mark.parametrize("group", EXTRAS)
def test_everything_asked_for_is_locked_in_a_version_that_fits(group: str) -> None:
    versions = pinned(group)
    for requirement in asked_for(group):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {group}.lock: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} does not fit {version}: run `make lock`"


@pytest.mark.parametrize("group", EXTRAS)
def test_a_lock_holds_versions_and_hashes_and_names_no_place(group: str) -> None:
    strangers = [line for line in lines(group) if not PINNED.match(line) and not HASH.match(line)]
    assert strangers == []


def test_tests_run_with_the_versions_that_are_deployed() -> None:
    tested = pinned("dev")
    assert {name: tested.get(name) for name in pinned("base")} == pinned("base")
