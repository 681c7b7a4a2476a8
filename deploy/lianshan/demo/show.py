"""How it looks in a terminal: a column for the time, one for who speaks, one for the need, one for the words."""

import sys
import time
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from deploy.lianshan.demo.words import Line

WIDTH: Final = 100
SPEAKERS: Final = {
    "stations": ("社工 stations", "cyan"),
    "charity": ("慈善 charity", "magenta"),
    "volunteering": ("志愿 volunteer", "green"),
}
MOODS: Final = {"good": "bold", "waits": "yellow", "bad": "red", "new": "bold", "": ""}
_TIME, _SPEAKER, _NEED = 9, 15, 24


class Stage:
    """Prints the story. `seconds` counts from the curtain."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        stream = sys.stderr if to_stderr else sys.stdout
        self.console = Console(file=stream, highlight=False, width=None if stream.isatty() else WIDTH)
        self._began = time.time()
        self.lines = 0

    def elapsed(self, at: float | None = None) -> float:
        """Seconds since the curtain."""
        return (at or time.time()) - self._began

    def act(self, title: str) -> None:
        """A new part of the day."""
        self.console.print()
        self.console.print(Rule(Text(title, style="bold"), align="left", style="dim", characters="─"))

    def note(self, words: str) -> None:
        """What the demo itself does."""
        self._row(time.time(), "", "", Line(f"» {words}"), "italic")

    def line(self, arrived: float, speaker: str, need: str, line: Line) -> None:
        """One event."""
        self.lines += 1
        self._row(arrived, speaker, need, line, MOODS[line.mood])

    def _row(self, at: float, speaker: str, need: str, line: Line, style: str) -> None:
        label, colour = SPEAKERS.get(speaker, (speaker, "white"))
        row = Text()
        row.append(f"{self.elapsed(at):6.2f}s ".rjust(_TIME), "dim")
        if speaker:
            row.append(set_cell_size(label, _SPEAKER), colour)
        if need:
            row.append(set_cell_size(need, _NEED), "bold")
        row.append(_cut(line.words, max(20, self.console.width - row.cell_len)), style)
        self.console.print(row, soft_wrap=True)


def _cut(words: str, room: int) -> str:
    return words if cell_len(words) <= room else set_cell_size(words, room - 1) + "…"
