"""`lianshan access secrets|show|plan|apply`."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

import typer

from deploy.lianshan.cli.common import AsJson, CommandSettings, Var, fail, need, out, plainly, where
from deploy.lianshan.local.folder import Folder
from shared.runtime.settings import load

if TYPE_CHECKING:
    from deploy.lianshan.access.broker import Definer, Definitions

app = typer.Typer(help="Who may do what on RabbitMQ and MongoDB: a user for each service.", no_args_is_help=True)

Secrets = Annotated[Path, typer.Option("--secrets", help="The folder of the passwords, as `access secrets` makes it.")]
Only = Annotated[Literal["rabbitmq", "mongodb"] | None, typer.Option("--only", help="Leave the other server alone.")]


@app.command("secrets")
@plainly
def make_secrets(folder: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """Make a strong password for each user that has none there, a file each, readable by its owner alone."""
    from deploy.lianshan.access.passwords import make  # noqa: PLC0415 - slow to import
    from deploy.lianshan.access.rights import users  # noqa: PLC0415

    made = make(folder, users())
    if as_json:
        out.print_json(data={"made": [path.name for path in made]})
    else:
        out.print(f"made {len(made)} passwords in {folder}; what was there stays", soft_wrap=True)


@app.command()
@plainly
def show(as_json: AsJson = False) -> None:
    """Show each user's rights as they shall be. Asks no server."""
    from deploy.lianshan.access.rights import rights  # noqa: PLC0415 - slow to import

    if as_json:
        out.print_json(data=[one.to_json() for one in rights()])
        return
    for one in rights():
        known = one.to_json()
        out.print(f"[bold]{one.user}[/bold]")
        for word in ("configure", "write", "read"):
            _line(f"RabbitMQ {word}", known["rabbitmq"][word])
        for exchange, keys in known["rabbitmq"]["topics"].items():
            _line(f"keys on {exchange}", f"write {keys['write']}  read {keys['read']}")
        for database, roles in known["mongodb"].items():
            if roles:
                _line(f"MongoDB {database}", ", ".join(roles))


def _line(what: str, value: str) -> None:
    out.print(f"  {what:24} {value}", markup=False, soft_wrap=True)


@app.command()
@plainly
def plan(secrets: Secrets, only: Only = None, var: Var = None, as_json: AsJson = False) -> None:
    """Show what `access apply` would change, and change nothing. Exits 1 when there is something."""
    broker, store, _ = _changes(secrets, only, var)
    _show(broker, store, as_json, "would make or correct")
    raise typer.Exit(1 if broker or store else 0)


@app.command("apply")
@plainly
def apply_(secrets: Secrets, only: Only = None, var: Var = None, as_json: AsJson = False) -> None:
    """Make the users, or correct them, with LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI naming an administrator of each.

    RabbitMQ is told through its management API, at LIANSHAN_MANAGEMENT_URL or the usual port, else by `rabbitmqctl`.
    Changes a password where its file has changed. Does it twice what it does once.
    """
    from deploy.lianshan.access import store as users  # noqa: PLC0415 - slow to import
    from deploy.lianshan.access.broker import AccessError  # noqa: PLC0415

    broker, store, definer = _changes(secrets, only, var)
    try:
        if broker and definer is not None:
            definer.add(broker)
        if store:
            users.apply(need(where(var).mongo_uri, "LIANSHAN_MONGO_URI"), store)
    except AccessError as error:
        fail(str(error))
    _show(broker, store, as_json, "made or corrected")


def _changes(
    secrets: Path, only: str | None, var: Path | None
) -> "tuple[Definitions, list[dict[str, Any]], Definer | None]":
    from deploy.lianshan.access import broker, store  # noqa: PLC0415 - slow to import
    from deploy.lianshan.access.passwords import AMQP, MONGO, PasswordFileError, read  # noqa: PLC0415
    from deploy.lianshan.access.rights import rights  # noqa: PLC0415

    addresses, prefix = where(var), load(CommandSettings).database_prefix
    definer, on_broker, on_store = None, {}, []

    def word(kind: str) -> Callable[[str], str]:
        return lambda user: read(secrets, user, kind)

    def named(user: str) -> str:
        return f"{prefix}{user}"

    try:
        if only != "mongodb":
            uri = need(addresses.amqp_uri, "LIANSHAN_AMQP_URI")
            definer = _definer(uri, var)
            vhost = unquote(urlsplit(uri).path[1:]) or "/"
            on_broker = broker.difference(rights(), named, vhost, word(AMQP), definer.seen())
        if only != "rabbitmq":
            uri = need(addresses.mongo_uri, "LIANSHAN_MONGO_URI")
            on_store = store.difference(uri, rights(), named, word(MONGO), prefix)
    except (broker.AccessError, PasswordFileError) as error:
        fail(str(error))
    return on_broker, on_store, definer


def _definer(uri: str, var: Path | None) -> "Definer":
    from deploy.lianshan.access.broker import Command, Management  # noqa: PLC0415 - slow to import
    from deploy.lianshan.local import rabbitmq  # noqa: PLC0415

    told, folder = load(CommandSettings), Folder.here(var)
    if (folder.root / "secrets.json").exists() and uri == rabbitmq.uri(folder):
        return Command(*rabbitmq.control(folder))
    management = Management.of(uri, told.management_url, told.client_tls)
    own = shutil.which("rabbitmqctl")
    if told.management_url or own is None or management.answers():
        return management
    return Command([own, "--quiet"], os.environ)


def _show(broker: "Definitions", store: list[dict[str, Any]], as_json: bool, words: str) -> None:
    from deploy.lianshan.access import broker as on_broker  # noqa: PLC0415 - slow to import
    from deploy.lianshan.access import store as on_store  # noqa: PLC0415

    changes = [*on_broker.told(broker), *on_store.told(store)]
    if as_json:
        out.print_json(data={"changes": changes})
    elif not changes:
        out.print("every user stands as wanted")
    else:
        for change in changes:
            out.print(f"{words}: {change}", markup=False, soft_wrap=True)
