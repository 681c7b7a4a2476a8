"""`lianshan erasures`: the journal of erasures outside the backups."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import CommandSettings, find_mongo_uri, open_platform
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import fail, one_line_errors, out
from shared.runtime.settings import load

if TYPE_CHECKING:
    from deploy.lianshan.erasures import Journal

app = typer.Typer(no_args_is_help=True, help="The journal of erasures: keep a copy of it outside the backups.")
VARIABLE: Final = "LIANSHAN_ERASURES_FILE"
NAME: Final = "erasures.jsonl"
WrittenJournal = Annotated[
    Path | None,
    typer.Option(help=f"The file of the journal of erasures; by default {VARIABLE}, else beside the backup."),
]
ReadJournal = WrittenJournal


def journal_file_of(backup: Path) -> Path:
    """Return the file of the journal: that of LIANSHAN_ERASURES_FILE, else the one beside the backup."""
    named = load(CommandSettings).erasures_file
    return named.absolute() if named is not None else backup.absolute().with_name(NAME)


def export_journal(mongo_uri: str, path: Path) -> Path:
    """Write the whole journal to the file, and return its path; fails where the file knows another journal."""
    from deploy.lianshan.erasures import JournalFailedError, read_stores, write_file  # noqa: PLC0415 - slow to import

    with open_platform(mongo_uri) as stores:
        try:
            write_file(path, read_stores(stores))
        except JournalFailedError as error:
            fail(f"the journal of erasures was not written: {error}.")
    return path


def find_journal(backup: Path, known: int, given: Path | None, *, nobody_erased: bool) -> "Journal | None":
    """Return the journal of the file given, else of the usual one; None without one, empty where none is needed.

    A file that merely stands beside the backup counts where it is longer than the `known` entries of the backup's own:
    it is written with each backup, so another tells nothing of the persons who were erased since.
    """
    from deploy.lianshan.erasures import JournalFailedError, read_file  # noqa: PLC0415 - slow to import

    path = given or journal_file_of(backup)
    if given is None and not path.is_file():
        return () if nobody_erased else None
    try:
        entries = read_file(path)
    except JournalFailedError as error:
        fail(f"{error}.")
    named = given is not None or load(CommandSettings).erasures_file is not None
    return entries if named or nobody_erased or len(entries) > known else None


@app.command()
@one_line_errors
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A file that you keep outside the backups.")
    ] = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Write the journal of erasures to a file, checked; one that is there already is continued."""
    path = export_journal(find_mongo_uri(var), (file or journal_file_of(Path(NAME))).absolute())
    from deploy.lianshan.erasures import read_file  # noqa: PLC0415 - slow to import

    entries = read_file(path)
    if as_json:
        out.print_json(data={"file": str(path), "entries": len(entries)})
    else:
        out.print(f"{path}: erasures in it: {len(entries):,}; each is chained to the one before", markup=False)
