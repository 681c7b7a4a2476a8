"""`lianshan access secrets|show|plan|apply`."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import unquote, urlsplit

import typer

from deploy.lianshan.cli.connections import CommandSettings, database_prefix, find_amqp_uri, find_mongo_uri
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import fail, one_line_errors, out
from deploy.lianshan.local.folder import Folder
from shared.runtime.settings import load

if TYPE_CHECKING:
    from deploy.lianshan.access.broker import Definer, Definitions
    from deploy.lianshan.access.store import Change

app = typer.Typer(help="Users and their rights on RabbitMQ and MongoDB: one for each service.", no_args_is_help=True)

Secrets = Annotated[Path, typer.Option("--secrets", help="The folder of the passwords, as `access secrets` makes it.")]
Only = Annotated[Literal["rabbitmq", "mongodb"] | None, typer.Option("--only", help="Leave the other server alone.")]


@dataclass
class _Changes:
    """The changes that would make both servers as wanted; `definer` applies those of RabbitMQ."""

    broker: "Definitions" = field(default_factory=dict)
    store: "list[Change]" = field(default_factory=list)
    definer: "Definer | None" = None

    def describe(self) -> list[str]:
        """Return the changes in words."""
        from deploy.lianshan.access import broker, store  # noqa: PLC0415 - slow to import

        return [*broker.describe(self.broker), *store.describe(self.store)]


@app.command("secrets")
@one_line_errors
def make_secrets(folder: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """Make a strong password for each user that has none there, a file each, readable by its owner alone."""
    from deploy.lianshan.access.passwords import make_passwords  # noqa: PLC0415 - slow to import
    from deploy.lianshan.access.rights import list_users  # noqa: PLC0415

    made = make_passwords(folder, list_users())
    if as_json:
        out.print_json(data={"made": [path.name for path in made]})
    else:
        out.print(f"made {len(made)} passwords in {folder}; those that were there stay")


@app.command()
@one_line_errors
def show(as_json: AsJson = False) -> None:
    """Show the planned rights of each user. Asks no server."""
    from deploy.lianshan.access.rights import list_rights  # noqa: PLC0415 - slow to import

    if as_json:
        out.print_json(data=[one.to_json() for one in list_rights()])
        return
    for one in list_rights():
        known = one.to_json()
        broker = known["rabbitmq"]
        out.print(f"[bold]{one.user}[/bold]")
        _print_line("RabbitMQ configure", broker["configure"])
        _print_line("RabbitMQ write", broker["write"])
        _print_line("RabbitMQ read", broker["read"])
        for exchange, keys in broker["topics"].items():
            _print_line(f"keys on {exchange}", f"write {keys['write']}  read {keys['read']}")
        for database, roles in known["mongodb"].items():
            if roles:
                _print_line(f"MongoDB {database}", ", ".join(roles))
        for database, collections in known["actions"].items():
            for collection, actions in collections.items():
                _print_line(f"MongoDB {database}.{collection}".rstrip("."), ", ".join(actions))


def _print_line(title: str, value: str) -> None:
    # Regular expressions hold brackets, which are no markup.
    out.print(f"  {title:24} {value}", markup=False)


@app.command()
@one_line_errors
def plan(secrets: Secrets, only: Only = None, var: Var = None, as_json: AsJson = False) -> None:
    """Show the changes that `access apply` would make, and change nothing. Exits 1 when there are any.

    For servers of your own, not for the stack of `lianshan up`.
    """
    changes = _find_changes(secrets, only, var).describe()
    _print_changes(changes, as_json, "would make or correct")
    raise typer.Exit(1 if changes else 0)


@app.command("apply")
@one_line_errors
def apply_changes(secrets: Secrets, only: Only = None, var: Var = None, as_json: AsJson = False) -> None:
    """Make the users, or correct them, with LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI naming an administrator of each.

    RabbitMQ is reached through its management API, at LIANSHAN_MANAGEMENT_URL or the usual port, else by `rabbitmqctl`.
    A password is changed where its file has changed. Applied again, it changes nothing.
    """
    from deploy.lianshan.access import store  # noqa: PLC0415 - slow to import
    from deploy.lianshan.access.broker import AccessError  # noqa: PLC0415

    changes = _find_changes(secrets, only, var)
    try:
        if changes.broker and changes.definer is not None:
            changes.definer.add(changes.broker)
        if changes.store:
            store.apply_changes(find_mongo_uri(var), changes.store)
    except AccessError as error:
        fail(str(error))
    _print_changes(changes.describe(), as_json, "made or corrected")


def _find_changes(secrets: Path, only: str | None, var: Path | None) -> _Changes:
    from deploy.lianshan.access import broker, store  # noqa: PLC0415 - slow to import
    from deploy.lianshan.access.passwords import AMQP, MONGO, PasswordFileError, read_password  # noqa: PLC0415
    from deploy.lianshan.access.rights import list_rights  # noqa: PLC0415

    prefix, rights, found = database_prefix(), list_rights(), _Changes()

    def password(kind: str) -> Callable[[str], str]:
        return lambda user: read_password(secrets, user, kind)

    def named(user: str) -> str:
        # As the databases: several platforms may share the servers.
        return f"{prefix}{user}"

    try:
        if only != "mongodb":
            uri = find_amqp_uri(var)
            found.definer = find_definer(uri, var)
            vhost = unquote(urlsplit(uri).path[1:]) or "/"
            found.broker = broker.find_differences(rights, named, vhost, password(AMQP), found.definer.read())
        if only != "rabbitmq":
            found.store = store.find_differences(find_mongo_uri(var), rights, named, password(MONGO), prefix)
    except (broker.AccessError, PasswordFileError) as error:
        fail(str(error))
    return found


def find_definer(uri: str, var: Path | None) -> "Definer":
    """Return the way to define users: `rabbitmqctl` of this folder's node, else the management API."""
    from deploy.lianshan.access.broker import Command, Management  # noqa: PLC0415 - slow to import
    from deploy.lianshan.local import rabbitmq  # noqa: PLC0415
    from deploy.lianshan.topology.state import is_embedded  # noqa: PLC0415

    settings, folder = load(CommandSettings), Folder.here(var)
    if is_embedded(folder, uri):
        return Command(*rabbitmq.control(folder))
    management = Management.of(uri, settings.management_url, settings.client_tls)
    own = shutil.which("rabbitmqctl")
    # An address that was named, or a missing command, leaves no choice: then the API's own error tells the cause.
    if settings.management_url or own is None or management.answers():
        return management
    return Command([own, "--quiet"], os.environ)


def _print_changes(changes: list[str], as_json: bool, words: str) -> None:
    if as_json:
        out.print_json(data={"changes": changes})
    elif not changes:
        out.print("every user stands as wanted")
    else:
        for change in changes:
            out.print(f"{words}: {change}", markup=False)
