"""`lianshan demo` from the outside: it plays the whole day on a stack of its own, says how it ended, leaves nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from languages import chinese_parts, english_parts

from deploy.lianshan.demo import scene
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.processes import find_marked
from deploy.lianshan.local.services import SOURCE

pytestmark = pytest.mark.integration

SECONDS = 240


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_day_ends_as_its_script_says_in_one_language_and_leaves_no_process(tmp_path: Path, language: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy.lianshan.cli", "demo", "--json", "--lang", language, "--var", str(tmp_path)],
        env={**environment, "PYTHONPATH": str(SOURCE)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads(done.stdout)
    assert (told["ok"], told["wrong"], told["laws"]) == (True, [], {"L1": [], "L2": [], "L3": [], "L4": []})
    if language == "en":
        assert chinese_parts(done.stderr, scene.names()) == []
    else:
        assert english_parts(done.stderr) == []
    needs = {need["need"]: need for need in told["needs"]}
    assert needs["hardship"]["rings"] == ["station", "community", "street", "district"]
    assert needs["quilts"]["state"] == "cancelled"
    assert needs["warmth"]["state"] == "evaluated"
    assert needs["signing"]["waiting"][0]["next_step"]["text"]
    assert needs["medication"]["volunteers"] == 6
    # An hour and a half of city time each; a begun minute counts.
    assert 6 * 90 <= needs["medication"]["minutes_credited"] <= 6 * 92
    assert all(need["first_link_ms"] > 0 for need in told["needs"] if need["rings"])
    assert find_marked(Folder(tmp_path / "demo").secrets["mark"]) == []
