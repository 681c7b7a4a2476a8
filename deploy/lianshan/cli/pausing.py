"""`lianshan pause` and `lianshan resume`."""

import getpass
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.lianshan.cli.common import (
    AsJson,
    Var,
    amqp_connection,
    database_prefix,
    fail,
    mongo_client,
    need,
    out,
    plainly,
    where,
)

if TYPE_CHECKING:
    from deploy.lianshan.cli.common import Addresses

PATIENCE_SECONDS = 15.0
Service = Annotated[str, typer.Argument(help="stations, charity, volunteering, or gateway for its projector.")]
By = Annotated[str | None, typer.Option(help="Who does it; by default the user of this system.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(pause)
    app.command()(resume)


@plainly
def pause(
    service: Service,
    why: Annotated[str, typer.Option(help="Why, for the others who look at `status`.")] = "",
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Let every replica of a service finish its batch and rest: its queues keep the messages, no timer fires.

    Lasts over restarts, until `resume`. The gateway answers commands to it with 503 at once.
    """
    from deploy.lianshan import pauses  # noqa: PLC0415 - slow to import

    stack = _known(service, var)
    with mongo_client(stack.mongo_uri) as client:
        fresh = pauses.pause(client, database_prefix(), service, by or getpass.getuser(), why)
    consumers, messages = _wait(stack, service, working=False)
    _tell(as_json, {"service": service, "paused": True, "consumers": consumers, "messages": messages})
    if not as_json:
        out.print(f"{service} {'is' if fresh else 'was'} paused; {messages} messages wait for it")
    if consumers:
        fail(f"{service} still takes messages after {PATIENCE_SECONDS:g} s: is a batch stuck? See `lianshan status`.")


@plainly
def resume(service: Service, var: Var = None, as_json: AsJson = False) -> None:
    """Let a paused service work again."""
    from deploy.lianshan import pauses  # noqa: PLC0415 - slow to import

    stack = _known(service, var)
    with amqp_connection(stack.amqp_uri) as connection:
        _hold_repairs_off(connection)
        with mongo_client(stack.mongo_uri) as client:
            fresh = pauses.resume(client, database_prefix(), service)
    consumers, messages = _wait(stack, service, working=True)
    _tell(as_json, {"service": service, "paused": False, "consumers": consumers, "messages": messages})
    if as_json:
        return
    out.print(f"{service} works again" if fresh else f"{service} was not paused")
    if not consumers:
        out.print("no replica of it takes messages yet: does one run? See `lianshan status`.")


def _known(service: str, var: Any) -> "Addresses":
    from deploy.lianshan.pauses import PAUSABLE  # noqa: PLC0415 - slow to import

    if service not in PAUSABLE:
        fail(f"there is no service {service}: one of {', '.join(PAUSABLE)}.")
    stack = where(var)
    need(stack.amqp_uri, "LIANSHAN_AMQP_URI")
    need(stack.mongo_uri, "LIANSHAN_MONGO_URI")
    return stack


def _hold_repairs_off(connection: Any) -> None:
    """A queue that is being made anew must not be consumed meanwhile."""
    from deploy.lianshan.topology.moving import CannotMoveError, lock  # noqa: PLC0415 - slow to import

    try:
        lock(connection)
    except CannotMoveError as error:
        fail(str(error))


def _wait(stack: "Addresses", service: str, *, working: bool) -> tuple[int, int]:
    from deploy.lianshan.pauses import at_work  # noqa: PLC0415 - slow to import

    end_at = time.monotonic() + PATIENCE_SECONDS
    with amqp_connection(stack.amqp_uri) as connection:
        while True:
            consumers, messages = at_work(connection, service)
            if bool(consumers) == working or time.monotonic() > end_at:
                return consumers, messages
            time.sleep(0.1)


def _tell(as_json: bool, found: dict[str, Any]) -> None:
    if as_json:
        out.print_json(data=found)
