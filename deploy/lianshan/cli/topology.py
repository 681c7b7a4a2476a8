"""`lianshan topology diff|apply`."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.lianshan.cli.connections import find_addresses, find_amqp_uri, open_broker, open_platform
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import Line, fail, one_line_errors, out, print_table
from deploy.lianshan.local.folder import Folder

if TYPE_CHECKING:
    from deploy.lianshan.topology import Drift, Repair

Pause = Annotated[
    bool, typer.Option("--pause", help="Pause each service whose queue must be replaced for as long as that takes.")
]
app = typer.Typer(help="Exchanges, queues and bindings: differences from the plan, and their repair.")


@app.callback(invoke_without_command=True)
def topology(context: typer.Context, var: Var = None) -> None:
    """Exchanges, queues and bindings. Without a subcommand: `apply`."""
    if context.invoked_subcommand is None:
        apply(var=var)


@app.command()
@one_line_errors
def diff(var: Var = None, as_json: AsJson = False) -> None:
    """Show each difference from the plan with the next step. Exits 1 when there are any.

    Bindings and policies are seen on the embedded broker, elsewhere through LIANSHAN_MANAGEMENT_URL.
    """
    from deploy.lianshan.topology import find_drift, read_state  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology.drift import list_unseen  # noqa: PLC0415
    from shared.engine.amqp.broker import BrokerUnreachableError  # noqa: PLC0415
    from shared.engine.amqp.topology import plan  # noqa: PLC0415

    try:
        state = read_state(Folder.here(var), find_amqp_uri(var))
    except BrokerUnreachableError as error:
        fail(str(error))
    found, unseen = find_drift(plan(), state), list_unseen(state)
    if as_json:
        out.print_json(data={"drift": [drift.to_json() for drift in found], "unchecked": unseen})
    else:
        _print_drift(found, unseen)
    raise typer.Exit(1 if found else 0)


@app.command()
@one_line_errors
def apply(var: Var = None, as_json: AsJson = False, pause: Pause = False) -> None:
    """Create missing queues, bind, remove stale bindings of our own queues, replace queues with other arguments.

    No message is lost: those of a queue that is replaced wait beside it. Its service must be paused or stopped, or is
    paused for that moment by --pause.
    Exits 1 when a difference stays.
    """
    from deploy.lianshan.topology import read_state, repair  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology.pausing import repair_with_pauses  # noqa: PLC0415
    from deploy.lianshan.topology.queue_move import CannotMoveError  # noqa: PLC0415

    uri = find_amqp_uri(var)
    report = out.print if not as_json else lambda _: None
    pausing = open_platform(find_addresses(var).mongo_uri) if pause else nullcontext()
    with open_broker(uri) as connection, pausing as stores:
        try:
            state = read_state(Folder.here(var), uri)
            if stores is None:
                done = repair(connection, state, report)
            else:
                done = repair_with_pauses(connection, stores, state, report)
        except CannotMoveError as error:
            fail(str(error))
    if as_json:
        out.print_json(data=done.to_json())
    else:
        _print_repair(done)
    raise typer.Exit(1 if done.left else 0)


def _print_drift(found: "list[Drift]", unseen: list[str]) -> None:
    if found:
        lines = [Line((drift.kind, drift.name, drift.detail), below=[f"→ {drift.next}"]) for drift in found]
        print_table(["kind", "name", "difference"], lines)
    else:
        out.print("everything stands as planned")
    if unseen:
        out.print(f"not seen: {', '.join(unseen)} (set LIANSHAN_MANAGEMENT_URL to the management API)")


def _print_repair(done: "Repair") -> None:
    from shared.engine.amqp.topology import plan  # noqa: PLC0415 - slow to import

    for name in done.created:
        out.print(f"created {name}")
    for name, kept in done.moved.items():
        out.print(f"replaced {name}, with its {kept} messages")
    for exchange, key, name in done.unbound:
        out.print(f"unbound {name} from {exchange} with {key}", markup=False)
    for words in done.left:
        out.print(words, markup=False)
    out.print(f"{len(plan()) - len(done.left)} queues stand")
