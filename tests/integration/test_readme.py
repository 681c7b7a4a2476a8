"""The commands of the README and of the stations' page have the effects that these state, as they stand there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from stacks import RunningStack
from waiting import eventually

from deploy.lianshan.local.services import SOURCE

pytestmark = pytest.mark.integration

TESTED = re.compile(r"<!-- these commands are run as written.*?-->\n```sh\n(.*?)```", re.DOTALL)


def test_the_examples_of_the_api_work_as_written(stack: RunningStack, tmp_path: Path) -> None:
    said = run_as_written(stack, tmp_path, f'{script_of("README.md")}\necho; echo "need $need"')
    need_id = said.splitlines()[-1].removeprefix("need ")
    assert need_id in said
    with stack.client() as client:

        def ready() -> None:
            need = client.get(f"/v1/needs/{need_id}").json()
            assert need["state"] == "ready", json.dumps(need)
            assert need["lines"][0]["committed"] == 12
            assert need["volunteers"]["confirmed"] == 1

        eventually(ready)


def test_the_steps_of_a_street_with_its_stations_work_as_written(stack: RunningStack, tmp_path: Path) -> None:
    names, _, _ = script_of("README.md").partition("\n\n")
    ending = 'echo; echo "ids $finding $alert $job $home"'
    said = run_as_written(stack, tmp_path, f"{names}\n{script_of('docs/stations.md')}\n{ending}")
    finding, alert, job, home = said.splitlines()[-1].split()[1:]
    with stack.client() as client:
        eventually(lambda: _all_seen_to(client, finding, alert, job, home))


def _all_seen_to(client: httpx.Client, finding: str, alert: str, job: str, home: str) -> None:
    assert client.get(f"/v1/findings/{finding}").json()["state"] == "closed"
    assert client.get(f"/v1/alerts/{alert}").json()["state"] == "treated"
    imported = client.get(f"/v1/jobs/{job}").json()
    assert (imported["taken"], imported["bad"], imported["next_step"]) == (1, 1, None)
    assert client.get(f"/v1/homes/{home}").json()["state"] == "active"


def script_of(page: str) -> str:
    """Return the commands that the page has its reader run."""
    (script,) = TESTED.findall((SOURCE / page).read_text(encoding="utf-8"))
    return str(script)


def run_as_written(stack: RunningStack, folder: Path, script: str) -> str:
    """Run the commands beside the stack's folder, as its reader would, and return their output."""
    (folder / "var").symlink_to(stack.folder.root)
    (folder / "python").symlink_to(sys.executable)
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**stack.environment, "PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
