"""The figures of a slice: how often each fault struck, how it ended, and the seconds until a new need was served."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "var" / "faults"


@dataclass(frozen=True)
class Struck:
    """A fault of a slice. `seconds` passed from its end until a need that was posted then was linked and staffed."""

    slice: int
    nth: int
    fault: str
    choice: str
    held: bool
    seconds: float


def keep(struck: Struck) -> None:
    """Add a fault to the file of its slice."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"slice-{struck.slice}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(struck)) + "\n")


def read(folder: Path = FOLDER) -> list[Struck]:
    """Return the faults of every slice that has been played here, each as it ended the last time."""
    lines = [line for file in sorted(folder.glob("slice-*.jsonl")) for line in file.read_text("utf-8").splitlines()]
    found = [Struck(**json.loads(line)) for line in lines]
    return list({(one.slice, one.nth): one for one in found}.values())


def find_quantile(sorted_seconds: Sequence[float], part: float) -> float:
    """Return the value below which that part of the values lies."""
    return sorted_seconds[min(len(sorted_seconds) - 1, int(part * len(sorted_seconds)))]


def make_table(found: Sequence[Struck]) -> str:
    """Return a table with a row for each fault, and one for all."""
    rows = ["| fault | struck | laws broken | recovered: median | p99 | longest |", "|---|---|---|---|---|---|"]
    names = sorted({one.fault for one in found})
    for name, some in [*((name, [one for one in found if one.fault == name]) for name in names), ("all", list(found))]:
        seconds = sorted(one.seconds for one in some)
        broken = sum(not one.held for one in some)
        figures = " | ".join(
            f"{value:.1f} s" for value in (find_quantile(seconds, 0.5), find_quantile(seconds, 0.99), seconds[-1])
        )
        rows.append(f"| {name.replace('_', ' ')} | {len(some)} | {broken} | {figures} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(make_table(read()))
