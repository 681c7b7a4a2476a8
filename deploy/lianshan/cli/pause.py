"""`lianshan pause` and `lianshan resume`."""

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import Addresses, find_addresses, open_broker, open_platform, require
from deploy.lianshan.cli.options import AsJson, By, Var
from deploy.lianshan.cli.output import fail, one_line_errors, out

if TYPE_CHECKING:
    from amqp import Connection

PATIENCE_SECONDS: Final = 15.0
"""How long the replicas may take to finish their batch, or to begin."""
Service = Annotated[str, typer.Argument(help="stations, charity, volunteering, or gateway for its projector.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(pause)
    app.command()(resume)


@one_line_errors
def pause(
    service: Service,
    why: Annotated[str, typer.Option(help="The reason, for others who read `lianshan status`.")] = "",
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Let every replica of a service finish its batch and rest: its queues keep the messages, no timer fires.

    A pause lasts over restarts, until `resume`. The gateway refuses commands to the service with 503 at once.
    """
    from deploy.lianshan import pauses  # noqa: PLC0415 - slow to import
    from shared.contracts.personal_numbers import has_personal_number  # noqa: PLC0415

    if has_personal_number(why):
        fail("--why holds a phone or identity number: leave it out, the reason is kept and shown.")
    found = _find_servers(service, var)
    with open_platform(found.mongo_uri, writing=True) as stores:
        fresh = pauses.pause(stores, service, by or getpass.getuser(), why)
    consumers, messages = _wait(found, service, working=False)
    if as_json:
        out.print_json(data={"service": service, "paused": True, "consumers": consumers, "messages": messages})
    else:
        out.print(f"{service} {'is' if fresh else 'was'} paused; {messages} messages wait for it")
    if consumers:
        fail(f"{service} still takes messages after {PATIENCE_SECONDS:g} s: is a batch stuck? See `lianshan status`.")


@one_line_errors
def resume(service: Service, var: Var = None, as_json: AsJson = False) -> None:
    """Let a paused service work again."""
    from deploy.lianshan import pauses  # noqa: PLC0415 - slow to import

    found = _find_servers(service, var)
    with open_broker(found.amqp_uri) as connection:
        _lock_repairs(connection)
        with open_platform(found.mongo_uri, writing=True) as stores:
            fresh = pauses.resume(stores, service)
    consumers, messages = _wait(found, service, working=True)
    if as_json:
        out.print_json(data={"service": service, "paused": False, "consumers": consumers, "messages": messages})
        return
    out.print(f"{service} works again" if fresh else f"{service} was not paused")
    if not consumers:
        out.print("no replica of it takes messages yet: does one run? See `lianshan status`.")


def _find_servers(service: str, var: Path | None) -> Addresses:
    from deploy.lianshan.pauses import PAUSABLE  # noqa: PLC0415 - slow to import

    if service not in PAUSABLE:
        fail(f"there is no service {service}: one of {', '.join(PAUSABLE)}.")
    found = find_addresses(var)
    require(found.amqp_uri, "LIANSHAN_AMQP_URI")
    require(found.mongo_uri, "LIANSHAN_MONGO_URI")
    return found


def _lock_repairs(connection: "Connection") -> None:
    """Keep repairs out: a queue that is being replaced must have no consumer meanwhile."""
    from deploy.lianshan.topology.queue_move import CannotMoveError, lock  # noqa: PLC0415 - slow to import

    try:
        lock(connection)
    except CannotMoveError as error:
        fail(str(error))


def _wait(found: Addresses, service: str, *, working: bool) -> tuple[int, int]:
    """Wait until the replicas work or rest; return the numbers of consumers and of waiting messages."""
    from deploy.lianshan.pauses import count_work  # noqa: PLC0415 - slow to import

    end_at = time.monotonic() + PATIENCE_SECONDS
    with open_broker(found.amqp_uri) as connection:
        while True:
            consumers, messages = count_work(connection, service)
            if bool(consumers) == working or time.monotonic() > end_at:
                return consumers, messages
            time.sleep(0.1)
