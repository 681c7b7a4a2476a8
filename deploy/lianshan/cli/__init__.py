"""The `lianshan` command: run a stack on this machine, examine it, repair it.

Each module is named as its command. Slow imports are made within the commands, so that each starts fast.
"""

import shared.runtime.garbage  # noqa: F401 # isort: skip - it makes the later imports cheap

from typing import Annotated

import typer

from deploy.lianshan.cli import (
    access,
    agency,
    areas,
    audit,
    backup,
    catalogue,
    clock,
    contracts,
    demo,
    dlq,
    doctor,
    erasures,
    first_start,
    jobs,
    keys,
    load,
    mcp,
    migrate,
    pause,
    scale,
    status,
    subscribe,
    targets,
    topology,
    trace,
    up,
    views,
)


def _print_version(wanted: bool) -> None:
    from shared.runtime.version import VERSION  # noqa: PLC0415 - only here

    if wanted:
        print(f"lianshan {VERSION}")
        raise typer.Exit


app = typer.Typer(
    name="lianshan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Runs Lianshan on this machine, looks into it and repairs it. Data is kept in ./var or LIANSHAN_VAR."""


# In the order of the help: run, examine, repair, feed.
for command in (
    up, pause, scale, doctor, backup, status, subscribe, load, trace, migrate, targets, demo, first_start, mcp,
):  # fmt: skip
    command.register(app)
_GROUPS = {
    "access": access,
    "agency": agency,
    "areas": areas,
    "audit": audit,
    "catalogue": catalogue,
    "clock": clock,
    "contracts": contracts,
    "dlq": dlq,
    "erasures": erasures,
    "jobs": jobs,
    "keys": keys,
    "topology": topology,
    "views": views,
}
for name, group in _GROUPS.items():
    app.add_typer(group.app, name=name)

__all__ = ["app"]
