"""`lianshan topology diff|apply`."""

from typing import TYPE_CHECKING

import typer
from rich.table import Table

from deploy.lianshan.cli.common import AsJson, Var, amqp_connection, fail, need, out, plainly, where
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.topology import Drift, Repair

app = typer.Typer(help="Exchanges, queues and bindings: what differs from the plan, and putting it right.")


@app.callback(invoke_without_command=True)
def topology(context: typer.Context, var: Var = None) -> None:
    """Exchanges, queues and bindings. Without a subcommand: `apply`."""
    if context.invoked_subcommand is None:
        apply(var=var)


@app.command()
@plainly
def diff(var: Var = None, as_json: AsJson = False) -> None:
    """Show what differs from the plan, and what to do about each. Exits 1 when something does.

    Bindings and policies are seen on the embedded broker, elsewhere through LIANSHAN_MANAGEMENT_URL.
    """
    from deploy.lianshan.topology import find_drift, look  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology.drift import unchecked  # noqa: PLC0415
    from shared.engine.amqp.broker import BrokerUnreachableError  # noqa: PLC0415
    from shared.engine.amqp.topology import plan  # noqa: PLC0415

    try:
        standing = look(Folder.here(var), need(where(var).amqp_uri, "LIANSHAN_AMQP_URI"))
    except BrokerUnreachableError as error:
        fail(str(error))
    found, unseen = find_drift(plan(), standing), unchecked(standing)
    if as_json:
        out.print_json(data={"drift": [drift.to_json() for drift in found], "unchecked": unseen})
    else:
        _show_drift(found, unseen)
    raise typer.Exit(1 if found else 0)


@app.command()
@plainly
def apply(var: Var = None, as_json: AsJson = False) -> None:
    """Create what is missing, bind, remove stale bindings of our own queues, make anew what has other arguments.

    No message is lost: those of a queue that is made anew wait beside it. Its service must be paused or stopped.
    Exits 1 when something stays different.
    """
    from deploy.lianshan.topology import look, repair  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology.moving import CannotMoveError  # noqa: PLC0415

    uri = need(where(var).amqp_uri, "LIANSHAN_AMQP_URI")
    with amqp_connection(uri) as connection:
        try:
            done = repair(connection, look(Folder.here(var), uri), out.print if not as_json else lambda _: None)
        except CannotMoveError as error:
            fail(str(error))
    if as_json:
        out.print_json(data=done.to_json())
    else:
        _show_repair(done)
    raise typer.Exit(1 if done.left else 0)


def _show_drift(found: "list[Drift]", unseen: list[str]) -> None:
    if found:
        table = Table("what", "name", "difference", "next", box=None, pad_edge=False)
        for drift in found:
            table.add_row(drift.kind, drift.name, drift.detail, drift.next)
        out.print(table)
    else:
        out.print("everything stands as planned")
    if unseen:
        out.print(f"not seen: {', '.join(unseen)} (set LIANSHAN_MANAGEMENT_URL to the management API)", soft_wrap=True)


def _show_repair(done: "Repair") -> None:
    from shared.engine.amqp.topology import plan  # noqa: PLC0415 - slow to import

    for name in done.created:
        out.print(f"created {name}")
    for name, kept in done.moved.items():
        out.print(f"made {name} anew, with its {kept} messages")
    for exchange, key, name in done.unbound:
        out.print(f"unbound {name} from {exchange} with {key}", markup=False)
    for words in done.left:
        out.print(words, markup=False, soft_wrap=True)
    out.print(f"{len(plan()) - len(done.left)} queues stand")
