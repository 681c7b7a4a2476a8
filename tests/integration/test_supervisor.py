"""The supervisor: a process that dies is started again, one that cannot live is given up, a stopped one is gone."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.lianshan.local import supervisor as supervisor_module
from deploy.lianshan.local.folder import Folder, read_json
from deploy.lianshan.local.processes import MARK, Identity, end_processes, find_marked
from deploy.lianshan.local.programs import Program
from deploy.lianshan.local.supervisor import StartFailedError, StopRequestedError, Supervisor
from shared.runtime.settings import EXIT_BAD_SETTINGS

pytestmark = pytest.mark.integration
SECONDS = 60.0
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]  # fmt: skip
BEARS_A_CHILD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("born", flush=True)
time.sleep(600)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    folder = Folder(tmp_path)
    folder.make()
    running = Supervisor(folder)
    yield running
    running.stop()
    assert find_marked(folder.secrets["mark"]) == []


def program(name: str, arguments: list[str], stop_seconds: float = 5.0) -> Program:
    return Program(name, arguments, {}, stop_seconds=stop_seconds)


def log(supervisor: Supervisor, name: str) -> str:
    return (supervisor.folder.logs / f"{name}.log").read_text()


def test_a_killed_process_is_started_again(supervisor: Supervisor) -> None:
    supervisor.add(program("sleeper", SLEEPER))
    child = supervisor.children["sleeper"]
    assert child.process is not None
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    supervisor.wait_until(lambda: child.restarts == 1 and child.state == "running", SECONDS, "the restart")
    assert child.process.pid != first
    assert child.last_exit == -signal.SIGKILL


def test_one_that_dies_at_once_again_and_again_is_given_up_with_its_last_words(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "_FIRST_WAIT", 0.0)
    supervisor.add(program("broken", [sys.executable, "-c", "raise SystemExit('LIANSHAN_DATA_KEY: is missing')"]))
    with pytest.raises(StartFailedError, match=r"(?s)broken cannot run.*LIANSHAN_DATA_KEY: is missing"):
        supervisor.wait_until(lambda: False, SECONDS, "anything")
    (entry,) = read_json(supervisor.folder.status_file)["processes"]
    assert (entry["state"], entry["pid"], entry["last_exit"]) == ("failed", None, 1)


def test_a_bad_setting_is_not_tried_again(supervisor: Supervisor) -> None:
    supervisor.add(program("unset", [sys.executable, "-c", f"raise SystemExit({EXIT_BAD_SETTINGS})"]))
    with pytest.raises(StartFailedError, match="unset cannot run"):
        supervisor.wait_until(lambda: False, SECONDS, "anything")
    assert supervisor.children["unset"].restarts == 0


def test_the_waits_between_quick_deaths_grow_and_have_a_limit(supervisor: Supervisor) -> None:
    supervisor.add(program("broken", [sys.executable, "-c", "raise SystemExit(3)"]))
    child = supervisor.children["broken"]
    waits = []
    for _ in range(supervisor_module.QUICK_DEATHS - 1):
        assert child.process is not None
        child.process.wait()
        supervisor._check(child, child.started_at)
        waits.append(round(child.due - child.started_at, 3))
        supervisor._start(child)
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0]


def test_a_process_that_ignores_sigterm_is_killed_and_named(supervisor: Supervisor) -> None:
    supervisor.add(program("deaf", STUBBORN, stop_seconds=0.3))
    supervisor.wait_until(lambda: "deaf" in log(supervisor, "deaf"), SECONDS, "its start")
    assert supervisor.stop() == ["deaf"]


def test_what_a_process_left_behind_is_ended_too(supervisor: Supervisor) -> None:
    supervisor.add(program("parent", [sys.executable, "-c", BEARS_A_CHILD]))
    supervisor.wait_until(lambda: "born" in log(supervisor, "parent"), SECONDS, "its start")
    mark = supervisor.folder.secrets["mark"]
    assert len(find_marked(mark)) == 2
    supervisor.stop()
    assert find_marked(mark) == []


def test_a_stop_is_heard_while_waiting(supervisor: Supervisor) -> None:
    supervisor.stop_requested = True
    with pytest.raises(StopRequestedError):
        supervisor.wait_until(lambda: False, SECONDS, "anything")


def test_a_process_is_not_mistaken_for_a_later_one_with_its_number() -> None:
    own = Identity.of(os.getpid())
    assert own.process() is not None
    assert Identity(own.pid, own.since_boot - 60).process() is None


def test_a_corrected_clock_makes_no_process_another(monkeypatch: pytest.MonkeyPatch) -> None:
    own, booted = Identity.of(os.getpid()), psutil.boot_time()
    monkeypatch.setattr("psutil._psplatform.boot_time", lambda: booted + 58)
    assert psutil.boot_time() == booted + 58
    assert own.process() is not None


def test_only_processes_with_the_mark_belong_to_a_stack(supervisor: Supervisor) -> None:
    supervisor.add(program("sleeper", SLEEPER))
    assert MARK not in os.environ
    mine = supervisor.folder.secrets["mark"]
    supervisor.wait_until(lambda: len(find_marked(mine)) == 1, SECONDS, "its environment to be that of its program")
    assert find_marked("of-another-folder") == []


def test_ending_nothing_is_no_error() -> None:
    assert end_processes([], 1.0) == []


def test_one_that_is_retired_ends_and_is_forgotten_while_the_others_run_on(supervisor: Supervisor) -> None:
    for name in ("stays", "leaves"):
        supervisor.add(program(name, SLEEPER))
    supervisor.add(program("deaf", STUBBORN, stop_seconds=0.3))
    supervisor.wait_until(lambda: "deaf" in log(supervisor, "deaf"), SECONDS, "its start")
    supervisor.retire("leaves")
    supervisor.retire("deaf")
    supervisor.wait_until(lambda: set(supervisor.children) == {"stays"}, SECONDS, "the leave")
    assert supervisor.children["stays"].state == "running"
    (entry,) = read_json(supervisor.folder.status_file)["processes"]
    assert entry["name"] == "stays"
