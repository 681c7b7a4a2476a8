"""`lianshan agency add|list|rotate|remove`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypedDict
from urllib.parse import quote, unquote, urlsplit

import typer

from deploy.lianshan.agencies.agency import DEFAULT_DAYS, DEFAULT_MIB, MOST_DAYS, MOST_MIB
from deploy.lianshan.agencies.example import SUBSCRIBER
from deploy.lianshan.cli.access import find_definer
from deploy.lianshan.cli.connections import database_prefix, find_amqp_uri, open_broker
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import fail, one_line_errors, out

if TYPE_CHECKING:
    from deploy.lianshan.agencies.agency import Agency
    from deploy.lianshan.agencies.standing import Place

app = typer.Typer(help="Other agencies: a queue of events and a user that reads it alone.", no_args_is_help=True)
PORTS: Final = {"amqp": 5672, "pyamqp": 5672, "amqps": 5671}
Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 40 small letters, digits and hyphens.")]
Host = Annotated[str, typer.Option(help="The host by which the agency reaches the broker, where it is another.")]


class Access(TypedDict):
    """The particulars that the agency needs in order to connect, as `--json` prints them."""

    agency: str
    queue: str
    url: str
    events: list[str]


@app.command("add")
@one_line_errors
def add_agency(  # noqa: PLR0917 - a command has the options that it has
    name: Name,
    area: Annotated[str, typer.Option(help="The administrative code of its area, 2 to 12 digits; none for all.")] = "",
    types: Annotated[
        list[str] | None,
        typer.Option(help="Event types or subjects, like stations.need.published,charity.link; none for all."),
    ] = None,
    mib: Annotated[int, typer.Option(min=1, max=MOST_MIB, help="MiB that its queue holds; then the oldest go.")] = (
        DEFAULT_MIB
    ),
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="Days that its queue keeps an event.")] = DEFAULT_DAYS,
    host: Host = "",
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Make a queue of events and a user that may read it and nothing else. Its password is shown this once.

    LIANSHAN_AMQP_URI names a user that may declare queues; LIANSHAN_MANAGEMENT_URL, or the same user, one with the tag
    `administrator`.
    """
    from deploy.lianshan.agencies import standing  # noqa: PLC0415 - slow to import
    from deploy.lianshan.agencies.agency import check_agency  # noqa: PLC0415
    from shared.contracts.registry import load_contracts  # noqa: PLC0415

    load_contracts()
    with _failing(), open_broker(uri := find_amqp_uri(var)) as connection:
        agency = check_agency(name, area, [kind for part in types or () for kind in part.split(",") if kind])
        place = _find_place(uri, var)
        password = standing.add_agency(place, connection, agency, mib=mib, days=days)
    _print_access(_describe(uri, host, place, agency, password), as_json)


@app.command("list")
@one_line_errors
def list_agencies(var: Var = None, as_json: AsJson = False) -> None:
    """List the agencies with their events, and those without a user, as after a restore."""
    from deploy.lianshan.agencies import standing  # noqa: PLC0415 - slow to import

    with _failing():
        found = standing.list_agencies(_find_place(find_amqp_uri(var), var))
    if as_json:
        out.print_json(data=[{**each.agency.to_json(), "has_user": each.has_user} for each in found])
        return
    for each in found:
        user = "" if each.has_user else f"  no user: lianshan agency rotate {each.agency.name}"
        out.print(f"{each.agency.name}  {', '.join(each.agency.bindings)}{user}", markup=False)


@app.command("rotate")
@one_line_errors
def rotate_password(
    name: Name,
    close: Annotated[bool, typer.Option("--close-connections", help="End those that are open, as after a leak.")] = (
        False
    ),
    host: Host = "",
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Give an agency another password; the one before lets nobody in any more. Makes the user where it is missing."""
    from deploy.lianshan.agencies import standing  # noqa: PLC0415 - slow to import

    with _failing():
        place = _find_place(uri := find_amqp_uri(var), var)
        agency, password = standing.rotate_password(place, name, close=close)
    _print_access(_describe(uri, host, place, agency, password), as_json)


@app.command("remove")
@one_line_errors
def remove_agency(name: Name, var: Var = None, as_json: AsJson = False) -> None:
    """Remove an agency's user, its connections and its queue with the events in it. The feed still has them."""
    from deploy.lianshan.agencies import standing  # noqa: PLC0415 - slow to import

    with _failing(), open_broker(uri := find_amqp_uri(var)) as connection:
        dropped = standing.remove_agency(_find_place(uri, var), connection, name)
    if as_json:
        out.print_json(data={"removed": name, "events": dropped})
    else:
        out.print(f"removed {name}; {dropped} events waited in its queue", markup=False)


@contextmanager
def _failing() -> Iterator[None]:
    from deploy.lianshan.access.broker import AccessError  # noqa: PLC0415 - slow to import
    from deploy.lianshan.agencies.agency import AgencyError  # noqa: PLC0415

    try:
        yield
    except (AccessError, AgencyError) as error:
        fail(str(error))


def _find_place(uri: str, var: Path | None) -> "Place":
    from deploy.lianshan.agencies.standing import Place  # noqa: PLC0415 - slow to import

    return Place(unquote(urlsplit(uri).path[1:]) or "/", database_prefix(), find_definer(uri, var))


def _describe(uri: str, host: str, place: "Place", agency: "Agency", password: str) -> Access:
    parts = urlsplit(uri)
    scheme = "amqps" if parts.scheme == "amqps" else "amqp"
    at = f"{host or parts.hostname}:{parts.port or PORTS[scheme]}"
    user = quote(place.user(agency.name), safe="")
    url = f"{scheme}://{user}:{quote(password, safe='')}@{at}/{quote(place.vhost, safe='')}"
    return {"agency": agency.name, "queue": agency.queue, "url": url, "events": agency.bindings}


def _print_access(access: Access, as_json: bool) -> None:
    if as_json:
        out.print_json(data=access)
        return
    for key in access["events"]:
        out.print(f"# {access['agency']} gets {key}", markup=False)
    out.print("# The address holds the password, which is shown this once: hand it over on a safe way.", markup=False)
    out.print(f"export AMQP_URL='{access['url']}'", markup=False)
    out.print(f"export AMQP_QUEUE='{access['queue']}'", markup=False)
    out.print("# A reader in Python (pip install pika); docs/agencies.md has it in other languages:", markup=False)
    out.print(SUBSCRIBER.rstrip(), markup=False, highlight=False)
