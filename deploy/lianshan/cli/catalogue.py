"""`lianshan catalogue import FILE`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from deploy.lianshan.cli.connections import find_gateway
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
from deploy.lianshan.cli.output import err, fail, one_line_errors, out

app = typer.Typer(help="The catalogue of themes, groups, items, skills, languages and hazards.", no_args_is_help=True)
MAX_SHOWN: Final = 50


@app.callback()
def catalogue() -> None:
    """The catalogue of themes, groups, items, skills, languages and hazards."""


@app.command("import")
@one_line_errors
def import_catalogue(
    file: Annotated[Path, typer.Argument(help="A JSON array of entries, or a CSV file with kind, code, zh, en, …")],
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Add entries through the API. Exits 0 when every row was accepted, 1 when some were refused."""
    from deploy.lianshan.catalogue import upload  # noqa: PLC0415 - slow to import
    from deploy.lianshan.catalogue.entry_file import UnreadableFileError, read_entries  # noqa: PLC0415
    from shared.words import Wording  # noqa: PLC0415

    words = Wording(choose_language(lang))
    try:
        rows = read_entries(file)
        report = upload.import_entries(rows, *find_gateway(var))
    except (UnreadableFileError, upload.ImportFailedError) as error:
        fail(upload.word_fault(error.fault, words))
    if as_json:
        out.print_json(data=report.to_json(words))
    else:
        for fault in report.faults[:MAX_SHOWN]:
            err.print(upload.word_fault(fault, words), markup=False)
        if len(report.faults) > MAX_SHOWN:
            err.print(words.sentence("further_faults", {"count": len(report.faults) - MAX_SHOWN}))
        counts = {"accepted": report.accepted, "refused": report.refused}
        out.print(words.sentence("entries_imported", counts))
    raise typer.Exit(1 if report.faults else 0)
