"""`lianshan first-start`."""

import typer

from deploy.lianshan.cli.common import Var, fail, need, out, plainly, where


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("first-start")(first_start)


@plainly
def first_start(var: Var = None) -> None:
    """Make a new MongoDB on this host a replica set with the administrator that LIANSHAN_MONGO_URI names."""
    from deploy.lianshan.first_start import FirstStartError, begin  # noqa: PLC0415 - slow to import

    try:
        done = begin(need(where(var).mongo_uri, "LIANSHAN_MONGO_URI"))
    except FirstStartError as error:
        fail(str(error))
    for line in done or ["MongoDB was ready already"]:
        out.print(line, markup=False, soft_wrap=True)
