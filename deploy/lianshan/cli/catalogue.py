"""`lianshan catalogue import FILE`."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.lianshan.cli.connections import find_gateway
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import err, fail, one_line_errors, out

app = typer.Typer(help="The catalogue of themes, items, skills and languages.", no_args_is_help=True)


@app.callback()
def catalogue() -> None:
    """The catalogue of themes, items, skills and languages."""


@app.command("import")
@one_line_errors
def import_catalogue(
    file: Annotated[Path, typer.Argument(help="A JSON array of entries, or a CSV file with kind, code, zh, en, …")],
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Add entries through the API. Exits 0 when every row was accepted, 1 when some were refused."""
    from deploy.lianshan.catalogue import upload  # noqa: PLC0415 - slow to import

    gateway_url, token = find_gateway(var)
    try:
        report = upload.import_entries(upload.read_entries(file), gateway_url, token)
    except upload.ImportFailedError as error:
        fail(str(error))
    if as_json:
        out.print_json(data=report.to_json())
    else:
        for row, reason in report.refused:
            err.print(f"row {row}: {reason}", markup=False, soft_wrap=True)
        out.print(f"{report.accepted} entries accepted, {len(report.refused)} refused", soft_wrap=True)
    raise typer.Exit(1 if report.refused else 0)
