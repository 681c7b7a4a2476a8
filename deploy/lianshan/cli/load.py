"""`lianshan load`."""

import asyncio
import re
import secrets
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deploy.lianshan.cli.connections import Addresses, find_addresses, open_platform, require
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import err, fail, one_line_errors, out

if TYPE_CHECKING:
    from deploy.lianshan.load.driver import Driver, ReadDepths
    from deploy.lianshan.load.figures import Figures
    from deploy.lianshan.load.town import Town

MOST_NEEDS: Final = 1_000_000
MOST_RATE: Final = 10_000.0
REFRESH: Final = 2.0
"""Times a second that the live table is drawn."""
RECENT: Final = 5000
"""Needs that the live table's times are of, the last ones: so drawing costs the same all along."""
_NAME_CELLS: Final = 19
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


@one_line_errors
def load(  # noqa: PLR0917 - a command has the options that it has
    rate: Annotated[float, typer.Option(help="Needs a second.", min=0.01, max=MOST_RATE)] = 20.0,
    time: Annotated[str, typer.Option("--for", metavar="T", help="Duration: 30s, 5m, 1h.")] = "30s",
    seed: Annotated[int, typer.Option(help="The invented town in which it happens.", min=0, max=99)] = 1,
    yes_really: Annotated[
        bool, typer.Option("--yes-really", help="Also where the gateway is not on this machine.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Publish needs through the API at a steady rate, and show how the platform keeps up.

    It happens in an invented town of its own (area 99…), whose stations, stock and volunteers are made as needed. All
    of it is marked `Load` and stays. Exits 0 when every need was taken in, at that rate, and became ready; else 1, and
    reports the needs that did not and the limit that kept the rate from being held.
    """
    from deploy.lianshan.load.figures import Figures  # noqa: PLC0415 - slow to import
    from deploy.lianshan.load.town import Town  # noqa: PLC0415

    found = find_addresses(var)
    url = require(found.gateway_url, "LIANSHAN_GATEWAY_URL")
    require(found.admin_token, "LIANSHAN_ADMIN_TOKEN")
    # Its needs and people stay in the stores: nobody should run it on a city by mistake.
    if not (yes_really or is_local(url)):
        fail(f"{url} is not on this machine, and everything that load makes stays there: add --yes-really to mean it.")
    asked = max(1, round(rate * parse_duration(time)))
    if asked > MOST_NEEDS:
        fail(f"--rate {rate:g} --for {time} are {asked:,} needs, and {MOST_NEEDS:,} are the most: ask for less.")
    figures = Figures(rate, asked)
    asyncio.run(_run(found, Town(seed, secrets.token_hex(4), asked, _read_city_time(found)), figures, quiet=as_json))
    if as_json:
        out.print_json(data=figures.to_json())
    else:
        _print_figures(figures)
    raise typer.Exit(0 if figures.well else 1)


def _read_city_time(found: Addresses) -> datetime:
    """Return the time of the city: of the store of a local stack, whose clock may be moved, else of this machine."""
    from shared.runtime.clock import machine_now  # noqa: PLC0415 - slow to import
    from shared.runtime.control import read_clock  # noqa: PLC0415

    if not found.mongo_uri:
        return machine_now()
    with open_platform(found.mongo_uri) as stores:
        return read_clock(stores.of("stations")).city()


def parse_duration(text: str) -> float:
    """Return the seconds of a duration like `90`, `90s`, `1.5m`, `2h`, or fail."""
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if parts is None or float(parts[1]) <= 0:
        fail(f"--for {text}: give a time like 30s, 5m or 1h.")
    return float(parts[1]) * _UNITS[parts[2]]


def is_local(url: str) -> bool:
    """Return whether the address is one of this machine alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _run(found: Addresses, town: "Town", figures: "Figures", *, quiet: bool) -> None:
    from deploy.lianshan.load.driver import Driver, LoadFailedError, make_client  # noqa: PLC0415 - slow to import

    async with make_client(found.gateway_url, found.admin_token) as client:
        driver = Driver(client, town, figures, _make_depth_reader(found.amqp_uri))
        try:
            with Live(
                get_renderable=lambda: make_moving_figures(figures), console=err, refresh_per_second=REFRESH,
                transient=True, auto_refresh=not quiet and err.is_terminal,
            ):  # fmt: skip
                await _drive(driver)
        except LoadFailedError as error:
            fail(f"{error}.")


async def _drive(driver: "Driver") -> None:
    try:
        await driver.run()
    except ExceptionGroup as group:
        # The first failure of many calls stands for all.
        raise group.exceptions[0] from None


def _make_depth_reader(amqp_uri: str) -> "ReadDepths | None":
    if not amqp_uri:
        return None

    def read() -> dict[str, int]:
        from deploy.lianshan.laws.rest import read_depths  # noqa: PLC0415 - slow to import
        from shared.contracts.subscriptions import ARCHIVE_STREAM  # noqa: PLC0415
        from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError  # noqa: PLC0415

        # A broker that is away for a moment must not end the load that shall show it.
        try:
            return {name: depth for name, depth in read_depths(amqp_uri).items() if name != ARCHIVE_STREAM}
        except (*BROKER_ERRORS, BrokerUnreachableError):
            return {}

    return read


def list_figures(figures: "Figures") -> list[tuple[str, str]]:
    """Return the present figures, each with its name; times are of the last needs."""
    return [
        ("needs asked", f"{figures.sent:,} of {figures.asked:,} at {figures.asked_rate:g}/s"),
        ("taken in", f"{len(figures.accepted):,} ({figures.rate_now:.1f}/s now, {figures.rate:.1f}/s so far)"),
        ("ready", f"{figures.ended:,}"),
        ("answer", _summarise(figures.answer_seconds[-RECENT:])),
        ("published → ready", _summarise(figures.waits[-RECENT:])),
        ("errors", ", ".join(f"{number:,} × {kind}" for kind, number in figures.errors.most_common()) or "none"),
        ("queues", ", ".join(f"{name} {depth:,}" for name, depth in figures.queues.items() if depth) or "empty"),
    ]


def make_moving_figures(figures: "Figures") -> Table:
    """Return the same as a table for a terminal, where it is drawn over itself."""
    shown = Table.grid(padding=(0, 2))
    for name, words in list_figures(figures):
        shown.add_row(name, words)
    return shown


def explain_limit(figures: "Figures") -> str:
    """Return words about the limit where the rate was not held, with the next step; nothing where it was held."""
    if figures.limit is None:
        return ""
    words = f"The rate was not held: {figures.rate:.1f}/s were taken in of the {figures.asked_rate:g}/s asked for. "
    if len(figures.accepted) < figures.asked:
        words += f"{figures.asked - len(figures.accepted):,} were not taken in at all. "
    if figures.limit == "generator":
        return words + (
            f"This command was the limit itself: it sent up to {figures.late:.1f} s late, busy {figures.busy:.0%} of "
            "the time. Run it on another machine than the platform, or several side by side with another --seed each."
        )
    return words + (
        f"The answers were the limit: sending waited {figures.held_up:.1f} s for them. See what is busy with `top` and "
        "`lianshan status`, and docs/operations.md, Adding capacity."
    )


def _summarise(seconds: list[float]) -> str:
    from deploy.lianshan.load.figures import percentile  # noqa: PLC0415 - slow to import

    p50, p99 = percentile(seconds, 0.5), percentile(seconds, 0.99)
    return "" if p50 is None or p99 is None else f"p50 {p50 * 1000:,.0f} ms, p99 {p99 * 1000:,.0f} ms"


def _print_figures(figures: "Figures") -> None:
    for name, shown in list_figures(figures):
        out.print(Text(f"{name:<{_NAME_CELLS}}{shown}"))
    if words := explain_limit(figures):
        out.print(words)
    if figures.open:
        out.print(f"{len(figures.open):,} needs did not become ready, like {', '.join(figures.open[:5])}.")
        out.print(
            "GET /v1/needs/ID shows the reason that each waits for; `lianshan status`, any part that is slow or dead."
        )
