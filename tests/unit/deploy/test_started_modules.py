"""Every module that an image, a manifest, a script or a page starts exists."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from deploy.lianshan.local.services import MODULES, SOURCE

STARTED = re.compile(r"python3?\"?(?:,)? \"?-m\"?,? \"?([a-z_][\w.]*)")
IMPORTED = re.compile(r"from (deploy[\w.]*|shared[\w.]*|services[\w.]*) import (\w+)")
SUFFIXES = {".yaml", ".yml", ".sh", ".md", ".toml", ""}
STRANGERS = {"pip", "pytest", "venv", "compileall"}


def files() -> list[Path]:
    """All that is deployed or read by people, but for Python itself."""
    found = [path for folder in ("deploy", "docs", ".ci") for path in (SOURCE / folder).rglob("*")]
    # The changelog names modules of earlier releases, too.
    found += [*(page for page in SOURCE.glob("*.md") if page.name != "CHANGELOG.md"), SOURCE / "Makefile"]
    found = [path for path in found if path.is_file() and "templates" not in path.parts]
    return [path for path in found if path.suffix in SUFFIXES or path.name.endswith("Dockerfile")]


def named(pattern: re.Pattern[str]) -> set[tuple[str, ...]]:
    return {match.groups() for path in files() for match in pattern.finditer(path.read_text("utf-8", errors="replace"))}


def test_every_module_that_is_started_exists() -> None:
    modules = {module for (module,) in named(STARTED)} - STRANGERS
    assert modules >= {*MODULES.values(), "deploy.lianshan.cli", "deploy.lianshan.kubernetes.credentials"}
    assert [module for module in sorted(modules) if find_spec(module) is None] == []


def test_everything_that_a_script_imports_exists() -> None:
    assert named(IMPORTED)
    for module, name in named(IMPORTED):
        found = find_spec(module)
        assert found is not None, module
        assert found.origin is not None
        assert re.search(rf"\b{name}\b", Path(found.origin).read_text("utf-8")), f"{module} has no {name}"


def test_the_image_with_the_command_has_the_command_and_no_manifest() -> None:
    tools = (SOURCE / "deploy" / "images" / "Dockerfile").read_text("utf-8").partition(" AS tools\n")[2]
    copied = {source for source in re.findall(r"^COPY (\S+) ", tools, re.MULTILINE) if source.startswith("deploy")}
    assert copied == {"deploy/__init__.py", "deploy/lianshan", "deploy/images/lianshan"}
    left_out = (SOURCE / ".dockerignore").read_text("utf-8").split()
    assert {"deploy/compose", "deploy/kubernetes", "deploy/monitoring"} <= set(left_out)


@pytest.mark.parametrize("service", MODULES)
def test_a_service_is_started_alike_in_the_image_and_on_the_cluster(service: str) -> None:
    started = f'CMD ["python", "-m", "{MODULES[service]}"]'
    assert started in (SOURCE / "deploy" / "images" / "Dockerfile").read_text("utf-8")
    manifest = (SOURCE / "deploy" / "kubernetes" / "base" / "services" / f"{service}.yaml").read_text("utf-8")
    assert f"command: [python, -m, {MODULES[service]}]" in manifest
