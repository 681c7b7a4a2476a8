"""The `lianshan` command: run a stack on this machine, look into it, repair it."""

import typer

from deploy.lianshan.cli import (
    backup,
    doctor,
    first,
    load,
    migrate,
    pausing,
    running,
    scale,
    status,
    subscribe,
    targets,
    tools,
    trace,
)
from deploy.lianshan.cli.access import app as access
from deploy.lianshan.cli.areas import app as areas
from deploy.lianshan.cli.dlq import app as dlq
from deploy.lianshan.cli.topology import app as topology

app = typer.Typer(
    name="lianshan",
    help="Runs Lianshan on this machine, looks into it and repairs it. Data is kept in ./var or LIANSHAN_VAR.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

running.register(app)
pausing.register(app)
scale.register(app)
doctor.register(app)
backup.register(app)
status.register(app)
subscribe.register(app)
load.register(app)
trace.register(app)
migrate.register(app)
targets.register(app)
tools.register(app)
first.register(app)
app.add_typer(access, name="access")
app.add_typer(areas, name="areas")
app.add_typer(dlq, name="dlq")
app.add_typer(topology, name="topology")

__all__ = ["app"]
