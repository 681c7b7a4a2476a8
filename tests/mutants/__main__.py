"""`make mutants COUNT=300 SEED=0 MINUTES=90`: plant a seeded sample of mutants and list those that no test finds.

`ONLY="shared.engine.owner.* services.charity.linking.*"` draws them from some modules.
"""

import json
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from time import monotonic
from typing import Final

from tests.mutants.equivalent import EQUIVALENT

ROOT: Final = Path(__file__).parents[2]
TREE: Final = ROOT / "var" / "mutants"
"""A copy of the project: mutmut writes the mutants beside it, into its own folder `mutants`."""
WORKERS: Final = 2
WANTED: Final = 0.85
"""The share of mutants that the tests must find, equivalent ones left out."""
ANY: Final = "shared.ledger.core.*void__mutmut_1"
"""A mutant that the first run is asked for: it makes all of them, and notes which test runs which function."""
OUTCOMES: Final = {0: "survived", 1: "killed", 3: "killed", 5: "no test", 33: "no test", 36: "timeout", None: "not run"}
TIMEOUTS: Final = frozenset({24, -24, 152, 255})
"""Exit codes of a test that did not end: its process used more CPU than the tests take without a mutant."""
SHARE_OF_A_CALL: Final = 75
"""Mutants that one call of mutmut runs: between calls the time is looked at."""


def main(arguments: list[str]) -> int:
    """Plant the sample and print the figures; return 1 where fewer than WANTED are found, or the tests fail anyway."""
    parser = ArgumentParser(prog="make mutants")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], help="of the mutants whose names fit: shared.engine.owner.*")
    parser.add_argument("--minutes", type=int, default=90, help="no further mutants are begun after so many")
    asked = parser.parse_args(arguments)
    until = monotonic() + asked.minutes * 60
    _copy()
    if _mutmut([ANY]) != 0:
        print("the tests fail without a mutant, or mutmut cannot run them: see var/mutants/mutmut.log", file=sys.stderr)
        return 1
    everything = sorted(name for name in _outcomes() if not asked.only or any(fnmatch(name, p) for p in asked.only))
    sample = Random(asked.seed).sample(everything, min(asked.count, len(everything)))
    for part in _parts(sample):
        if monotonic() > until:
            break
        _mutmut(part)
        _print_progress(sample)
    return _report(sample, len(everything))


def _copy() -> None:
    shutil.rmtree(TREE, ignore_errors=True)
    git = shutil.which("git") or "git"
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)


def _mutmut(names: Sequence[str]) -> int:
    with (TREE / "mutmut.log").open("a", encoding="utf-8") as log:
        command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", str(WORKERS), *names]
        return subprocess.run(command, cwd=TREE, check=False, stdout=log, stderr=subprocess.STDOUT).returncode


def _outcomes() -> dict[str, str]:
    """Return the outcome of each mutant by its name."""
    found: dict[str, str] = {}
    for file in (TREE / "mutants").rglob("*.py.meta"):
        codes: dict[str, int | None] = json.loads(file.read_text("utf-8"))["exit_code_by_key"]
        found |= {name: "timeout" if code in TIMEOUTS else OUTCOMES.get(code, "failed") for name, code in codes.items()}
    return found


def _parts(sample: Sequence[str]) -> Iterator[Sequence[str]]:
    return (sample[start : start + SHARE_OF_A_CALL] for start in range(0, len(sample), SHARE_OF_A_CALL))


def _print_progress(sample: Sequence[str]) -> None:
    outcomes = _outcomes()
    counted = Counter(outcomes[name] for name in sample)
    print(", ".join(f"{count} {outcome}" for outcome, count in counted.most_common()), flush=True)


def _report(sample: Sequence[str], of: int) -> int:
    outcomes = _outcomes()
    run = [name for name in sample if outcomes[name] != "not run" and name not in EQUIVALENT]
    missed = [name for name in run if outcomes[name] in {"survived", "no test"}]
    for name in sorted(missed):
        print(f"\n{outcomes[name]}: {name}\n{_difference(name)}")
    found = 1 - len(missed) / len(run) if run else 0.0
    equivalent = len(set(sample) & EQUIVALENT.keys())
    print(f"\n{len(run)} of {of} mutants, {len(missed)} not found, {equivalent} equivalent: {found:.1%} found")
    return 0 if found >= WANTED else 1


def _difference(name: str) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), "show", name]
    shown = subprocess.run(command, cwd=TREE, check=False, capture_output=True, text=True).stdout
    return "\n".join(line for line in shown.splitlines() if line.startswith(("-", "+")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
