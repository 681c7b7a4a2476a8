"""`lianshan demo`."""

import importlib

import typer

from deploy.lianshan.cli.common import plainly


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(
        demo
    )


@plainly
def demo(context: typer.Context) -> None:
    """Play a day at Zhanlan Road on a stack of its own, check the laws, and tell how it ended."""
    play = importlib.import_module("deploy.lianshan.demo.play")  # only now: it draws in the whole platform
    raise typer.Exit(play.main(context.args))
