"""`lianshan first-start`."""

import typer

from deploy.lianshan.cli.connections import find_mongo_uri
from deploy.lianshan.cli.options import Var
from deploy.lianshan.cli.output import fail, one_line_errors, out


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("first-start")(first_start)


@one_line_errors
def first_start(var: Var = None) -> None:
    """Make a new MongoDB on this host a replica set with the administrator that LIANSHAN_MONGO_URI names."""
    from deploy.lianshan.first_start import FirstStartError, prepare  # noqa: PLC0415 - slow to import

    try:
        done = prepare(find_mongo_uri(var))
    except FirstStartError as error:
        fail(str(error))
    for line in done or ["MongoDB was ready already"]:
        out.print(line, markup=False)
