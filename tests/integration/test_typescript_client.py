"""A TypeScript client of /openapi.json compiles and plays the main story. tests/clients/typescript/run.sh runs this."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from gateway_stack import WITHOUT_STATION
from monday_city import City, city_on_monday
from stacks import Servers

pytestmark = [pytest.mark.integration, pytest.mark.node, pytest.mark.timeout(600)]
SOURCE: Final = Path(__file__).parents[1] / "clients" / "typescript"


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with city_on_monday(servers, tmp_path_factory.mktemp("city")) as running:
        yield running


def test_a_typescript_client_compiles_and_plays_the_main_story(city: City, tmp_path: Path) -> None:
    gateway = city.gateway
    folder = tmp_path / "client"
    shutil.copytree(SOURCE, folder)
    run(folder, "npm", "ci", "--ignore-scripts")
    # A field with a default may be left out of a request.
    made = ["openapi-typescript", f"{gateway.url}/openapi.json", "--output", "api.ts", "--default-non-nullable=false"]
    run(folder, "npx", *made)
    run(folder, "npx", "tsc")
    key = gateway.key("platform", "personal_reader")
    run(folder, "node", "built/story.js", gateway.url, key, WITHOUT_STATION, city.now().isoformat())


def test_the_program_of_the_quickstart_is_right_by_its_types(tmp_path: Path) -> None:
    folder = tmp_path / "client"
    shutil.copytree(SOURCE, folder)
    shutil.copy(Path(__file__).parents[2] / "docs/examples/quickstart.mjs", folder)
    run(folder, "npm", "ci", "--ignore-scripts")
    target = ("--target", "es2022", "--module", "nodenext", "--types", "node")
    run(folder, "npx", "tsc", "--noEmit", "--allowJs", "--checkJs", "--strict", *target, "quickstart.mjs")


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
