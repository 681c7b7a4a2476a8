"""The output of the commands: tables, progress, and errors in one line that names the next step."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Final, NoReturn, ParamSpec, TypeVar

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from deploy.lianshan.local.folder import FolderInUseError
from deploy.lianshan.local.programs import MissingProgramError
from deploy.lianshan.local.supervisor import StartFailedError

if TYPE_CHECKING:
    from shared.words import Wording

P = ParamSpec("P")
R = TypeVar("R")

EXIT_FAILED: Final = 1
EXIT_NOT_UP: Final = 3
EXIT_INTERRUPTED: Final = 130
MAX_WORDS: Final = 300
"""Characters shown of a server's own words."""

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Neither breaks a line nor cuts one: an id that is piped or typed again stays whole."""

Advance = Callable[[int, int], None]
"""Takes the number that is done and the number in all."""


def fail(message: str, code: int = EXIT_FAILED) -> NoReturn:
    """Print one line on standard error and end with the code."""
    sys.stderr.write(f"lianshan: {message}\n")
    raise typer.Exit(code)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: its cells, its style, and the lines that belong beneath it."""

    cells: Sequence[object]
    style: str = ""
    below: Sequence[str] = ()


def print_table(titles: Sequence[str], lines: Iterable[Line]) -> None:
    """Print columns side by side. At any width no cell is cut or broken: the terminal wraps a longer line.

    So an id or a command that stands in a table is copied whole. None and "" are empty cells; text is no markup.
    """
    rows = [Line(titles, "bold"), *lines]
    texts = [["" if cell is None else str(cell) for cell in row.cells] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
    for row, cells in zip(rows, texts, strict=True):
        padded = (set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True))
        out.print(Text("  ".join(padded).rstrip(), row.style))
        for words in row.below:
            out.print(Text(f"    {words}"))


def name_columns(words: "Wording", *columns: str) -> list[str]:
    """Return the titles of these columns in one language."""
    return [words.term("column", column) for column in columns]


@contextmanager
def show_progress(title: str, total: int | None = None, completed: int = 0) -> Iterator[Advance]:
    """Show a progress bar on standard error while the context lasts; nothing where that is no terminal."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(title, total=total, completed=completed)
        yield lambda done, in_all: bar.update(task, completed=done, total=in_all)


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the failures of servers, files and the stack into one line and the code EXIT_FAILED.

    Ctrl-C ends with EXIT_INTERRUPTED. An error of our own code stays one, with its stack trace.
    """

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (StartFailedError, FolderInUseError, MissingProgramError) as error:
            fail(str(error))
        except KeyboardInterrupt:
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except OSError as error:
            fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        except Exception as error:
            if (words := _describe_server_error(error)) is None:
                raise
            fail(words)

    return wrapped


def describe_mongo_error(error: Exception) -> str:
    """Return MongoDB's refusal, or the address at which it is missing, after the name of the setting to correct."""
    # A failed selection lists the state of every server after "Timeout": longer than a line, and of no help.
    return f"LIANSHAN_MONGO_URI: {type(error).__name__}: {str(error).partition(', Timeout')[0][:MAX_WORDS]}"


def _describe_server_error(error: Exception) -> str | None:
    from amqp.exceptions import AMQPError  # noqa: PLC0415 - slow to import
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    from shared.engine.amqp.broker import BrokerUnreachableError  # noqa: PLC0415

    if isinstance(error, BrokerUnreachableError | AMQPError):
        return f"LIANSHAN_AMQP_URI: {error}"
    return describe_mongo_error(error) if isinstance(error, PyMongoError) else None
