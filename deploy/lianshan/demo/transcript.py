"""The transcript of the day in a terminal: columns for the time, the publishing service, the need and the event."""

import sys
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from deploy.lianshan.demo.event_lines import Line
from deploy.lianshan.demo.words import Both, DemoWords
from shared.runtime.clock import machine_now

WIDTH: Final = 100
"""Columns where the output is no terminal."""
SERVICES: Final = {
    "stations": (Both("stations", "社工"), "cyan"),
    "charity": (Both("charity", "慈善"), "magenta"),
    "volunteering": (Both("volunteering", "志愿"), "green"),
}
STYLES: Final = {"good": "bold", "waits": "yellow", "bad": "red", "new": "bold", "": ""}
_TIME, _SERVICE, _NEED = 9, 15, 24
_LEAST_WORDS: Final = 20


class Transcript:
    """Prints the day line by line, with the seconds since it was opened."""

    def __init__(self, words: DemoWords, *, to_stderr: bool = False) -> None:
        self.words = words
        stream = sys.stderr if to_stderr else sys.stdout
        self.console = Console(file=stream, highlight=False, width=None if stream.isatty() else WIDTH)
        self._began = machine_now().timestamp()

    def add_heading(self, title: str) -> None:
        """Print the title of a new part of the day."""
        self.console.print()
        self.console.print(Rule(Text(title, style="bold"), align="left", style="dim", characters="─"))

    def add_note(self, words: str) -> None:
        """Print a note about the demo itself."""
        self._print(machine_now().timestamp(), "", "", Line(f"» {words}"), "italic")

    def add_line(self, arrived: float, service: str, need: str, line: Line) -> None:
        """Print an event that arrived then (seconds since 1970)."""
        self._print(arrived, service, need, line, STYLES[line.mood])

    def _print(self, at: float, service: str, need: str, line: Line, style: str) -> None:
        label, colour = SERVICES.get(service, (Both(service, service), "white"))
        row = Text()
        row.append(f"{at - self._began:6.2f}s ".rjust(_TIME), "dim")
        # By cells and not by characters: a Chinese character takes two columns.
        if service:
            row.append(set_cell_size(label.of(self.words.language), _SERVICE), colour)
        if need:
            row.append(set_cell_size(need, _NEED), "bold")
        row.append(_cut(line.words, max(_LEAST_WORDS, self.console.width - row.cell_len)), style)
        self.console.print(row, soft_wrap=True)


def _cut(words: str, room: int) -> str:
    return words if cell_len(words) <= room else set_cell_size(words, room - 1) + "…"
