"""`lianshan pause` and `lianshan resume`."""

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from deploy.lianshan.cli.connections import Addresses, find_addresses, open_broker, open_platform, require
from deploy.lianshan.cli.options import AsJson, By, Lang, Var, choose_language
from deploy.lianshan.cli.output import fail, one_line_errors, out

if TYPE_CHECKING:
    from amqp import Connection

PATIENCE_SECONDS: Final = 15.0
"""How long the replicas may take to finish their batch, or to begin."""
Service = Annotated[str, typer.Argument(help="stations, charity, volunteering or projector.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(pause)
    app.command()(resume)


@one_line_errors
def pause(
    service: Service,
    *,
    why: Annotated[str, typer.Option(help="The reason, for others who read `lianshan status`.")] = "",
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Let every replica of a service finish its batch and rest: its queues keep the messages, no timer fires.

    A pause lasts over restarts, until `resume`. The gateway refuses commands to the service with 503 at once. A service
    that is paused already keeps its first reason; another one is refused and exits 1.
    """
    from deploy.lianshan import pauses  # noqa: PLC0415 - slow to import
    from shared.contracts.personal_numbers import has_personal_number  # noqa: PLC0415
    from shared.words import Wording  # noqa: PLC0415

    if has_personal_number(why):
        fail("--why holds a phone or identity number: leave it out, the reason is kept and shown.")
    words, (found, owner) = Wording(choose_language(lang)), _find_servers(service, var)
    with open_platform(found.mongo_uri, writing=True) as stores:
        before = pauses.pause(stores, owner, by or getpass.getuser(), why)
    consumers, messages = _wait(found, owner, working=False)
    name = pauses.name_paused(owner)
    kept: dict[str, str | int] | None = None if before is None else {**before.to_json(), "why": before.why or "–"}
    if as_json:
        state = {"service": name, "paused": True, "consumers": consumers, "messages": messages}
        out.print_json(data={**state, "before": None if before is None else before.to_json()})
    elif kept is None:
        out.print(words.sentence("paused_now", {"service": name, "count": messages}), markup=False)
    else:
        out.print(words.sentence("paused_before", kept | {"count": messages}), markup=False)
    if consumers:
        fail(words.sentence("pause_not_taken", {"service": name, "seconds": f"{PATIENCE_SECONDS:g}"}))
    # Two people, two reasons: the one who resumes must not undo the other's pause unknowingly.
    if before is not None and why and why != before.why:
        fail(words.sentence("second_reason_refused", {"service": name}))


@one_line_errors
def resume(service: Service, var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Let a paused service work again."""
    from deploy.lianshan import pauses  # noqa: PLC0415 - slow to import
    from shared.words import Wording  # noqa: PLC0415

    words, (found, owner) = Wording(choose_language(lang)), _find_servers(service, var)
    with open_broker(found.amqp_uri) as connection:
        _lock_repairs(connection)
        with open_platform(found.mongo_uri, writing=True) as stores:
            fresh = pauses.resume(stores, owner)
    consumers, messages = _wait(found, owner, working=True)
    name = pauses.name_paused(owner)
    if as_json:
        out.print_json(data={"service": name, "paused": False, "consumers": consumers, "messages": messages})
        return
    out.print(
        words.sentence("resumed_now", {"service": name}) if fresh else words.sentence("not_paused", {"service": name})
    )
    if not consumers:
        out.print(words.sentence("nobody_takes_messages_yet", {"service": name}))


def _find_servers(service: str, var: Path | None) -> tuple[Addresses, str]:
    """Return the addresses, and the owner of the store with the row."""
    from deploy.lianshan.pauses import GATEWAY, NAMES, owner_of  # noqa: PLC0415 - slow to import

    # Until 0.2 the projector was paused by the name of its store.
    if service not in (*NAMES, GATEWAY):
        fail(f"there is no service {service}: one of {', '.join(NAMES)}.")
    found = find_addresses(var)
    require(found.amqp_uri, "LIANSHAN_AMQP_URI")
    require(found.mongo_uri, "LIANSHAN_MONGO_URI")
    return found, owner_of(service)


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
