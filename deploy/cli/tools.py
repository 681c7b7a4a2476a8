"""`lianshan demo` and `lianshan topology`."""

import importlib

import typer

from deploy.cli.common import Var, amqp_connection, fail, need, out, plainly, where


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(
        demo
    )
    app.command()(topology)


@plainly
def demo(context: typer.Context) -> None:
    """Play a day at Zhanlan Road on a stack of its own, check the laws, and tell how it ended."""
    play = importlib.import_module("deploy.demo.play")  # only now: it draws in the whole platform
    raise typer.Exit(play.main(context.args))


@plainly
def topology(var: Var = None) -> None:
    """Declare the exchanges and queues that are missing. `lianshan up` does so, too."""
    from amqp.exceptions import PreconditionFailed  # noqa: PLC0415 - slow to import

    from shared.engine.topology import apply  # noqa: PLC0415

    with amqp_connection(need(where(var).amqp_uri, "LIANSHAN_AMQP_URI")) as connection:
        try:
            queues = apply(connection.channel())
        except PreconditionFailed as error:
            fail(f"a queue stands with other arguments: empty it, delete it, then run this again. {error}")
    out.print(f"{len(queues)} queues stand")
