"""`lianshan contracts bundle DIR`."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.lianshan.cli.options import AsJson
from deploy.lianshan.cli.output import fail, one_line_errors, out

app = typer.Typer(help="The contracts of the platform: its API, its events, their schemas.", no_args_is_help=True)


@app.callback()
def contracts() -> None:
    """The contracts of the platform: its API, its events, their schemas."""


@app.command("bundle")
@one_line_errors
def write_bundle(folder: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """Write OpenAPI, AsyncAPI, all JSON Schemas and examples of this release into a new folder. Asks no server."""
    from services.gateway import bundle  # noqa: PLC0415 - slow to import

    try:
        written = bundle.write_bundle(folder)
    except bundle.FolderInUseError as error:
        fail(str(error))
    if as_json:
        out.print_json(data={"files": [str(path.relative_to(folder)) for path in written]})
    else:
        out.print(f"{len(written)} files in {folder}", markup=False)
