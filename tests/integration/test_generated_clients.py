"""Clients that generators make of /openapi.json play the main story on a running stack.

Where a generated client is awkward or wrong, the description is at fault.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from gateway_stack import EVERYONE, WITHOUT_STATION, RunningGateway, import_areas, running_gateway
from stacks import Servers

from deploy.lianshan.clock.story import play
from deploy.lianshan.stores import open_stores

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
PROGRAMS: Final = Path(sys.executable).parent
STORY: Final = Path(__file__).parents[1] / "clients" / "story.py"
# No hooks: they would run ruff over the client, which nobody edits.
CONFIG: Final = "package_name_override: lianshan_api\npost_hooks: []\n"


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A city on a Monday at 09:00, when volunteers get offers."""
    starting = running_gateway(servers, tmp_path_factory.mktemp("city"), EVERYONE, movable_clock="true")
    with starting as running, running.client() as admin:
        import_areas(admin)
        yield running


@pytest.fixture(scope="module")
def monday(city: RunningGateway) -> datetime:
    with open_stores(city.room.mongo_uri, city.room.database_prefix) as stores, play(stores, "clients") as story:
        return story.to_next_monday().city()


@pytest.fixture(scope="module")
def generated(city: RunningGateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package that the generator makes of the description as it is served."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "config.yml").write_text(CONFIG, encoding="utf-8")
    command = [
        *(PROGRAMS / "openapi-python-client", "generate", "--url", f"{city.url}/openapi.json", "--meta", "none"),
        *("--fail-on-warning", "--config", folder / "config.yml", "--output-path", folder / "lianshan_api"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def test_a_generated_python_client_plays_the_main_story(
    city: RunningGateway, monday: datetime, generated: Path
) -> None:
    key = city.key("platform", "personal_reader")
    told = subprocess.run(
        [sys.executable, STORY, city.url, key, WITHOUT_STATION, monday.isoformat()],
        env={"PYTHONPATH": str(generated)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-3000:]


def test_a_story_with_the_generated_client_is_checked_by_its_types(generated: Path, tmp_path: Path) -> None:
    checked = subprocess.run(
        [PROGRAMS / "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path, STORY],
        env={"MYPYPATH": str(generated)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr[-3000:]
