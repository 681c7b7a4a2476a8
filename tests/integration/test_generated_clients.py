"""Clients that generators make of /openapi.json play the main story on a running stack.

Where a generated client is awkward or wrong, the description is at fault.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from gateway_stack import WITHOUT_STATION
from monday_city import City, city_on_monday
from stacks import Servers

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(300)]
PROGRAMS: Final = Path(sys.executable).parent
STORY: Final = Path(__file__).parents[1] / "clients" / "story.py"
# No hooks: they would run ruff over the client, which nobody edits.
# It knows no pictures: it takes the files of a need as bytes.
FILES: Final = ("image/jpeg", "image/png", "application/pdf")
CONFIG: Final = "\n".join((
    "package_name_override: lianshan_api",
    "post_hooks: []",
    "content_type_overrides:",
    *(f"  {kind}: application/octet-stream" for kind in FILES),
))  # fmt: skip

# Its parser tries the types of all events in turn, which takes mypy a minute; the story narrows them itself.
TYPES: Final = "[mypy]\nstrict = true\n[mypy-lianshan_api.models.feed_entry]\nfollow_imports = skip\n"


@pytest.fixture(scope="module")
def city(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with city_on_monday(servers, tmp_path_factory.mktemp("city")) as running:
        yield running


@pytest.fixture(scope="module")
def generated(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package that the generator makes of the description as it is served."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "config.yml").write_text(CONFIG, encoding="utf-8")
    # Not by its address: the generator waits five seconds for it, and other tests may keep the machine busy.
    with city.gateway.client() as api:
        (folder / "openapi.json").write_bytes(api.get("/openapi.json").content)
    command = [
        *(PROGRAMS / "openapi-python-client", "generate", "--path", folder / "openapi.json", "--meta", "none"),
        *("--fail-on-warning", "--config", folder / "config.yml", "--output-path", folder / "lianshan_api"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def test_a_generated_python_client_plays_the_main_story(city: City, generated: Path) -> None:
    key = city.gateway.key("platform", "personal_reader")
    told = subprocess.run(
        [sys.executable, STORY, city.gateway.url, key, WITHOUT_STATION, city.now().isoformat()],
        env={"PYTHONPATH": str(generated)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-3000:]


def test_a_story_with_the_generated_client_is_checked_by_its_types(generated: Path, tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text(TYPES, encoding="utf-8")
    checked = subprocess.run(
        [PROGRAMS / "mypy", "--config-file", tmp_path / "mypy.ini", "--cache-dir", tmp_path, STORY],
        env={"MYPYPATH": str(generated)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout[-3000:] + checked.stderr[-3000:]
