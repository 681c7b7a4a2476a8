"""`lianshan demo`."""

import typer

from deploy.lianshan.cli.output import one_line_errors


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(
        demo
    )


@one_line_errors
def demo(context: typer.Context) -> None:
    """Play a day at Zhanlan Road on a stack of its own, check the laws, and report how it ended."""
    from deploy.lianshan.demo.run import main  # noqa: PLC0415 - it imports the whole platform

    raise typer.Exit(main(context.args))
