"""Runs the tests that need no server in two processes, each of which collects and runs its own part of the files.

A third process runs the files that mostly wait: for another process, or for a peer's time to end.

`python -m tests.parts tests/unit tests/contract -- -m "not long"`; all after `--` goes to pytest. Two workers of
xdist would each collect every file and send five messages a test: over 3,700 quick tests that costs a fifth of the CPU.
"""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
ONE_PART: Final = str(ROOT / "tests" / "one_part.py")
SECONDS: Final = {
    "tests/city/test_city.py": 18.3,
    "tests/contract/test_contract_released.py": 9.5,
    "tests/contract/test_contract_schemas.py": 5.0,
    "tests/laws/test_volunteering_laws.py": 1.8,
    "tests/unit/gateway/description/test_examples.py": 14.0,  # the application and its description, for all
    "tests/fairness/test_fairness.py": 2.5,
    "tests/stories/test_stories.py": 2.0,
    "tests/city/test_planted.py": 1.8,
    "tests/city/test_late_repeats.py": 1.7,
    "tests/contract/test_contract_newer_values.py": 1.7,
    "tests/unit/gateway/test_nothing_forgotten.py": 1.0,
    "tests/laws/test_linking_convergence.py": 0.8,
    "tests/laws/test_shared_supply.py": 0.6,
    "tests/laws/test_need_convergence.py": 0.7,
    "tests/unit/gateway/access/test_every_operation.py": 1.3,
    "tests/unit/volunteering/dispatch/test_dispatch_sizes.py": 0.6,
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


def main(words: list[str]) -> int:
    """Run the parts at once; show the first as it goes, the others at their end; return pytest's worst exit."""
    paths, options = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    # No test asks for captured logs, for which every logger is visited three times a test, or for anyio's fixtures.
    command = [sys.executable, ONE_PART, "-q", "-p", "no:logging", "-p", "no:anyio", *options]
    first, *others = share_all(find_files(paths))
    with TemporaryFile() as kept:
        started = [
            subprocess.Popen([*_apart(command, nth), *part], cwd=ROOT, stdout=kept, stderr=kept)
            for nth, part in enumerate(others, 2)
        ]
        started.append(subprocess.Popen([*command, *first], cwd=ROOT))
        try:
            exits = [process.wait(LIMIT_SECONDS) for process in started]
        finally:
            for process in started:
                process.kill()
        kept.seek(0)
        sys.stdout.write(kept.read().decode("utf-8", "replace"))
    worst = [abs(code) for code in exits if code != NOTHING_COLLECTED]
    return max(worst, default=NOTHING_COLLECTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
