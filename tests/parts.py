"""Runs the tests that need no server in two processes, each of which collects and runs its own part of the files.

A third process runs the files that mostly wait: for another process, or for a peer's time to end. All three are forked
after the imports of the product, which take two seconds.

`python -m tests.parts tests/unit tests/contract -- -m "not long"`; all after `--` goes to pytest. Two workers of
xdist would each collect every file and send five messages a test: over 3,700 quick tests that costs a fifth of the CPU.
"""

import atexit
import gc
import importlib
import os
import select
import signal
import sys
import tomllib
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, NoReturn

import pytest
from _pytest.config import apply_warning_filters

ROOT: Final = Path(__file__).resolve().parents[1]
SECONDS: Final = {
    "tests/city/test_city.py": 27.0,
    "tests/city/test_planted.py": 8.8,
    "tests/unit/gateway/description/test_examples.py": 9.5,  # the application and its description, for all
    "tests/stories/test_stories.py": 6.1,
    "tests/contract/test_contract_released.py": 5.9,
    "tests/city/test_late_repeats.py": 4.2,
    "tests/fairness/test_fairness.py": 3.5,
    "tests/unit/gateway/access/test_every_operation.py": 2.8,
    "tests/laws/test_volunteering_laws.py": 2.0,
    "tests/contract/test_contract_newer_values.py": 1.1,
    "tests/unit/stations/jobs/test_import_files.py": 1.1,
    "tests/city/test_sizes.py": 1.0,
    "tests/unit/gateway/pages/test_reference_page.py": 1.0,
    "tests/contract/test_contract_sizes.py": 0.9,
    "tests/city/test_growth.py": 0.8,
    "tests/laws/test_linking_convergence.py": 0.8,
    "tests/unit/gateway/test_nothing_forgotten.py": 0.8,
}
"""How long the longest take alone."""
SECONDS_PER_LINE: Final = 0.0007
"""About how long the others take."""
TOGETHER: Final = ("tests/unit/gateway/", "tests/unit/client/", "tests/unit/deploy/assistant/")
"""Folders whose files share an application and its description, which take seconds to make."""
WAITING: Final = (
    "tests/unit/deploy/test_area_upload.py",
    "tests/unit/deploy/test_compose.py",
    "tests/unit/gateway/feed/test_open_streams.py",
    "tests/unit/gateway/http/test_slow_peers.py",
    "tests/unit/gateway/webhooks/test_webhook_runner.py",
    "tests/unit/gateway/webhooks/test_webhook_sending.py",
    "tests/unit/kubernetes/",
    "tests/unit/runtime/test_early_stop.py",
    "tests/unit/runtime/test_tracing.py",
    "tests/unit/test_parts.py",
    "tests/unit/volunteering/notices/test_mail_adapter.py",
    "tests/unit/volunteering/notices/test_notice_adapters.py",
)
"""Files that wait for more seconds than they compute."""
LIMIT_SECONDS: Final = 900
"""How long a part may take."""
NOTHING_COLLECTED: Final = 5
"""pytest's exit when its options leave no test of a part."""
PRODUCT: Final = (
    "services.gateway.app",
    "services.stations.declaration",
    "services.charity.declaration",
    "services.volunteering.declaration",
    "deploy.lianshan.backup",
    "deploy.lianshan.local.stack",
    "shared.engine.run.nameko_extension",
    "hypothesis",
)
"""Modules that import nearly all that the tests without servers need."""
PLUGINS: Final = (
    "--disable-plugin-autoload", "-p", "timeout", "-p", "xdist", "-p", "docker", "-p", "hypothesispytest",
    "-p", "no:logging",
)  # fmt: skip
"""By name: for those that load by themselves pytest rewrites whole packages, which cannot be imported before it starts.

No test asks for captured logs, for which every logger is visited three times a test.
"""


def share(files: Mapping[str, float], parts: int) -> list[list[str]]:
    """Share out the files by their seconds, the longest first, each to the part with the least so far.

    Those in TOGETHER go to one part.
    """
    groups: dict[str, list[str]] = {}
    for file in sorted(files):
        groups.setdefault(TOGETHER[0] if file.startswith(TOGETHER) else file, []).append(file)
    shared: list[list[str]] = [[] for _ in range(parts)]
    seconds = [0.0] * parts
    takes = {name: sum(files[file] for file in group) for name, group in groups.items()}
    for name in sorted(groups, key=lambda name: (-takes[name], name)):
        least = seconds.index(min(seconds))
        shared[least] += groups[name]
        seconds[least] += takes[name]
    return [sorted(part) for part in shared if part]


def share_all(files: Mapping[str, float]) -> list[list[str]]:
    """Share out the files to two parts, and those that wait to a third."""
    waiting = sorted(file for file in files if file.startswith(WAITING))
    parts = share({file: seconds for file, seconds in files.items() if file not in waiting}, 2)
    return [*parts, waiting] if waiting else parts


def find_files(paths: Iterable[str]) -> dict[str, float]:
    """Return the files of tests at and below the paths of the project, with the seconds that each takes."""
    found = [
        file for path in paths for file in ([ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("test_*.py"))
    ]
    names = {str(file.relative_to(ROOT)): file for file in found}
    return {
        name: SECONDS.get(name) or len(file.read_bytes().splitlines()) * SECONDS_PER_LINE
        for name, file in names.items()
    }


def _apart(command: Iterable[str], nth: int) -> list[str]:
    """Return the command with a folder of its own for the temporary files of that part."""
    return [f"{word}-{nth}" if word.startswith("--basetemp=") else word for word in command]


def load_product() -> None:
    """Import the product; a warning is an error here as in a test."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    gc.disable()  # none of it is garbage
    try:
        with warnings.catch_warnings():
            apply_warning_filters(settings["filterwarnings"], ())
            for name in PRODUCT:
                importlib.import_module(name)
    finally:
        gc.enable()
    gc.freeze()


def run_part(arguments: list[str]) -> NoReturn:
    """Be pytest with these arguments, and end at once.

    Python would take a heap of a million objects apart before it ends, which takes a second.
    """
    sys.argv[1:] = arguments
    code = 3  # as of an internal error
    try:
        code = int(pytest.main(arguments))
        atexit._run_exitfuncs()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _start(arguments: list[str], output: int | None = None) -> int:
    """Return the pidfd of a process that runs pytest with the arguments, and writes to that file in place of ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os.chdir(ROOT)
        if output is not None:
            os.dup2(output, 1)
            os.dup2(output, 2)
        run_part(arguments)
    return os.pidfd_open(child)


def _end(child: int) -> int:
    """Return the exit of a part as pytest gives it, or the number of the signal that ended it."""
    if not select.select([child], [], [], LIMIT_SECONDS)[0]:
        signal.pidfd_send_signal(child, signal.SIGKILL)
    ended = os.waitid(os.P_PIDFD, child, os.WEXITED)
    assert ended is not None  # only without waiting
    return ended.si_status


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(child, signal.SIGKILL)
    os.close(child)


def main(words: list[str]) -> int:
    """Run the parts at once; show the first as it goes, the others at their end; return pytest's worst exit."""
    paths, options = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    command = ["-q", *PLUGINS, *options]
    first, *others = share_all(find_files(paths))
    with TemporaryFile() as kept:
        started = [_start([*_apart(command, nth), *part], kept.fileno()) for nth, part in enumerate(others, 2)]
        started.append(_start([*command, *first]))
        try:
            exits = [_end(child) for child in started]
        finally:
            for child in started:
                _kill(child)
        kept.seek(0)
        sys.stdout.write(kept.read().decode("utf-8", "replace"))
    return max((code for code in exits if code != NOTHING_COLLECTED), default=NOTHING_COLLECTED)


if __name__ == "__main__":
    load_product()
    sys.exit(main(sys.argv[1:]))
