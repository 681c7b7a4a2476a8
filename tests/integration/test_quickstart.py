"""The quickstart's programs do as they say, on the sandbox that it starts; and the sandbox is as it is described."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import lianshan_command
import pytest

from deploy.lianshan.demo import scene
from deploy.lianshan.local.folder import Folder, read_json
from deploy.lianshan.local.services import SOURCE

pytestmark = [pytest.mark.integration, pytest.mark.long, pytest.mark.timeout(300)]
EXAMPLES = SOURCE / "docs/examples"
TOLD = {"stations.need.published", "charity.link.linked", "volunteering.staffing.confirmed", "stations.need.ready"}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = Folder(tmp_path_factory.mktemp("sandbox") / "var")
    up = lianshan_command.lianshan({}, "up", "--sandbox", "--detach", "--var", str(folder.root))
    assert up.returncode == 0, up.stdout + up.stderr
    try:
        yield folder
    finally:
        down = lianshan_command.lianshan({}, "down", "--var", str(folder.root))
        assert down.returncode == 0, down.stdout + down.stderr


@pytest.fixture
def environment(sandbox: Folder) -> dict[str, str]:
    """The two variables that `lianshan up --sandbox` prints."""
    addresses = read_json(sandbox.stack_file)
    return {
        "LIANSHAN_URL": addresses["gateway_url"],
        "LIANSHAN_KEY": str(sandbox.find_sandbox_key()),
        "PATH": "/usr/bin:/bin",
    }


def run(command: list[str | Path], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    need, *told = done.stdout.split()
    assert need.startswith("need_")
    assert (set(told), told[0], told[-1]) == (TOLD, "stations.need.published", "stations.need.ready")


def test_the_python_program_receives_its_events(environment: dict[str, str]) -> None:
    run([sys.executable, EXAMPLES / "quickstart.py"], {**environment, "PYTHONPATH": str(SOURCE / "shared/client")})


def test_the_program_of_curl_receives_its_events(environment: dict[str, str]) -> None:
    run(["/bin/bash", EXAMPLES / "quickstart.sh"], environment)


def test_the_node_program_receives_its_events(environment: dict[str, str]) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    run([node, EXAMPLES / "quickstart.mjs"], environment)


def test_the_town_has_the_stations_and_people_of_the_demo(environment: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {environment['LIANSHAN_KEY']}"}
    with httpx.Client(base_url=environment["LIANSHAN_URL"], headers=headers) as client:
        stations = client.get("/v1/stations", params={"limit": 200}).json()["items"]
        volunteers = client.get("/v1/volunteers", params={"limit": 200}).json()["items"]
    assert sorted(each["name"] for each in stations) == sorted(scene.STATIONS.values())
    assert len(volunteers) == sum(count for _, count, _ in scene.SKILLS)


def test_its_clock_begins_on_a_monday_at_nine_and_is_moved(sandbox: Folder) -> None:
    shown = lianshan_command.lianshan({}, "clock", "show", "--var", str(sandbox.root))
    assert "Monday" in shown.stdout, shown.stdout + shown.stderr
    assert " 09:" in shown.stdout
    moved = lianshan_command.lianshan({}, "clock", "forward", "1d", "--var", str(sandbox.root))
    assert "Tuesday" in moved.stdout, moved.stdout + moved.stderr
