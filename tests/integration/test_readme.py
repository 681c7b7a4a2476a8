"""The README's commands have the effects that it states, exactly as they stand there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from stacks import RunningStack
from waiting import eventually

from deploy.lianshan.local.services import SOURCE

pytestmark = pytest.mark.integration

TESTED = re.compile(r"<!-- these commands are run as written.*?-->\n```sh\n(.*?)```", re.DOTALL)


def test_the_examples_of_the_api_work_as_written(stack: RunningStack, tmp_path: Path) -> None:
    (script,) = TESTED.findall((SOURCE / "README.md").read_text())
    (tmp_path / "var").symlink_to(stack.folder.root)
    (tmp_path / "python").symlink_to(sys.executable)
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", f'{script}\necho; echo "need $need"'],
        cwd=tmp_path,
        env={**stack.environment, "PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    need_id = done.stdout.splitlines()[-1].removeprefix("need ")
    assert need_id in done.stdout
    with stack.client() as client:

        def ready() -> None:
            need = client.get(f"/v1/needs/{need_id}").json()
            assert need["state"] == "ready", json.dumps(need)
            assert need["lines"][0]["committed"] == 12
            assert need["volunteers"]["confirmed"] == 1

        eventually(ready)
