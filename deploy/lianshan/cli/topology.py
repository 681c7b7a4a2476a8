"""`lianshan topology diff|apply|retire`."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.lianshan.cli.connections import find_addresses, find_amqp_uri, open_broker, open_platform
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
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

    try:
        state = read_state(Folder.here(var), find_amqp_uri(var))
    except BrokerUnreachableError as error:
        fail(str(error))
    found, unseen = find_drift(state), list_unseen(state)
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


@app.command("retire")
@one_line_errors
def retire_former(
    *,
    former_stopped: Annotated[
        bool, typer.Option("--former-stopped", help="No process of 0.2.0 runs any more: I have looked.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Delete the queues and exchanges that only release 0.2.0 needs, once none of its processes runs.

    Only empty queues without a consumer; afterwards there is no way back to 0.2.0 without its own `topology apply`.
    Processes of 0.2.0 are seen on the embedded broker, elsewhere through LIANSHAN_MANAGEMENT_URL. Exits 1 when
    something stays.
    """
    from deploy.lianshan.topology.connections import read_connections  # noqa: PLC0415 - slow to import
    from deploy.lianshan.topology.queue_move import CannotMoveError  # noqa: PLC0415
    from deploy.lianshan.topology.retirement import CannotRetireError, retire  # noqa: PLC0415
    from shared.words import Wording  # noqa: PLC0415

    uri, words = find_amqp_uri(var), Wording(choose_language(lang))
    with open_broker(uri) as connection:
        try:
            steps = retire(connection, read_connections(Folder.here(var), uri), stopped=former_stopped)
        except (CannotMoveError, CannotRetireError) as error:
            fail(str(error))
    if as_json:
        out.print_json(data=[step.to_json() for step in steps])
    else:
        for step in steps:
            line = words.sentence(
                "former_retired", {"name": step.name, "outcome": step.outcome, "count": step.messages}
            )
            out.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(1 if any(step.stays for step in steps) else 0)


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
