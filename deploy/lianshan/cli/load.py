"""`lianshan load`."""

import asyncio
import re
import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.live import Live
from rich.table import Table

from deploy.lianshan.cli.common import Addresses, AsJson, Var, err, fail, need, out, plainly, where

if TYPE_CHECKING:
    from deploy.lianshan.load.driving import Depths, Driver
    from deploy.lianshan.load.figures import Figures
    from deploy.lianshan.load.town import Town

MOST_NEEDS: Final = 1_000_000
MOST_RATE: Final = 10_000.0
REFRESH: Final = 2.0
RECENT: Final = 5000
"""Times are told of so many last needs, so that looking costs the same all along."""
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


@plainly
def load(  # noqa: PLR0917 - a command has the options that it has
    rate: Annotated[float, typer.Option(help="Needs a second.", min=0.01, max=MOST_RATE)] = 20.0,
    time: Annotated[str, typer.Option("--for", metavar="T", help="How long: 30s, 5m, 1h.")] = "30s",
    seed: Annotated[int, typer.Option(help="Which invented town it happens in.", min=0, max=99)] = 1,
    yes_really: Annotated[
        bool, typer.Option("--yes-really", help="Also where the gateway is not on this machine.")
    ] = False,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Publish needs through the API at a steady rate, and show how the platform keeps up.

    It happens in an invented town of its own (area 99…), whose stations, stock and volunteers are made as needed; all
    that it makes is marked `Load` and stays. Exits 0 when every need was taken in, at that rate, and got all that it
    asked for; else 1, and says what was missing and what kept the rate from being held.
    """
    from deploy.lianshan.load.figures import Figures  # noqa: PLC0415 - slow to import
    from deploy.lianshan.load.town import Town  # noqa: PLC0415

    found = where(var)
    url = need(found.gateway_url, "LIANSHAN_GATEWAY_URL")
    need(found.admin_token, "LIANSHAN_ADMIN_TOKEN")
    if not (yes_really or is_here(url)):
        fail(f"{url} is not on this machine, and what load makes stays there: add --yes-really if that is meant.")
    asked = max(1, round(rate * seconds_of(time)))
    if asked > MOST_NEEDS:
        fail(f"--rate {rate:g} --for {time} are {asked:,} needs, and {MOST_NEEDS:,} are the most: ask for less.")
    figures = Figures(rate, asked)
    asyncio.run(_run(found, Town(seed, secrets.token_hex(4), asked), figures, quiet=as_json))
    if as_json:
        out.print_json(data=figures.to_json())
    else:
        _tell(figures)
    raise typer.Exit(0 if figures.well else 1)


def seconds_of(text: str) -> float:
    """`90`, `90s`, `1.5m`, `2h`."""
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if parts is None or float(parts[1]) <= 0:
        fail(f"--for {text}: give a time like 30s, 5m or 1h.")
    return float(parts[1]) * _UNITS[parts[2]]


def is_here(url: str) -> bool:
    """Whether the address is one of this machine alone."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _run(found: Addresses, town: "Town", figures: "Figures", *, quiet: bool) -> None:
    from deploy.lianshan.load.driving import Driver, LoadFailedError, client  # noqa: PLC0415 - slow to import

    async with client(found.gateway_url, found.admin_token) as opened:
        driver = Driver(opened, town, figures, _depths(found.amqp_uri))
        try:
            with Live(
                get_renderable=lambda: table(figures), console=err, refresh_per_second=REFRESH, transient=True,
                auto_refresh=not quiet and err.is_terminal,
            ):  # fmt: skip
                await _unpacked(driver)
        except LoadFailedError as error:
            fail(f"{error}.")


async def _unpacked(driver: "Driver") -> None:
    """A failure of one call among many, as itself."""
    try:
        await driver.run()
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


def _depths(amqp_uri: str) -> "Depths | None":
    if not amqp_uri:
        return None

    def look() -> dict[str, int]:
        from deploy.lianshan.laws.quiet import depths  # noqa: PLC0415 - slow to import
        from shared.contracts.subscriptions import ARCHIVE_STREAM  # noqa: PLC0415
        from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError  # noqa: PLC0415

        try:
            return {name: depth for name, depth in depths(amqp_uri).items() if name != ARCHIVE_STREAM}
        except (*BROKER_ERRORS, BrokerUnreachableError):
            return {}

    return look


def table(figures: "Figures") -> Table:
    """How it goes; times of the last needs."""
    rows: list[tuple[str, str]] = [
        ("needs asked", f"{figures.sent:,} of {figures.asked:,} at {figures.asked_rate:g}/s"),
        ("taken in", f"{len(figures.accepted):,} ({figures.rate_now:.1f}/s now, {figures.rate:.1f}/s so far)"),
        ("ready", f"{figures.ended:,}"),
        ("answer", _spread(figures.answer_seconds[-RECENT:])),
        ("published → ready", _spread(figures.waits[-RECENT:])),
        ("errors", ", ".join(f"{number:,} × {kind}" for kind, number in figures.errors.most_common()) or "none"),
        ("queues", ", ".join(f"{name} {depth:,}" for name, depth in figures.queues.items() if depth) or "empty"),
    ]
    shown = Table.grid(padding=(0, 2))
    for name, words in rows:
        shown.add_row(name, words)
    return shown


def not_held(figures: "Figures") -> str:
    """That the rate was not held, what was the limit, and what to do; nothing where it was."""
    if figures.limit is None:
        return ""
    told = f"The rate was not held: {figures.rate:.1f}/s were taken in of the {figures.asked_rate:g}/s asked for. "
    if len(figures.accepted) < figures.asked:
        told += f"{figures.asked - len(figures.accepted):,} were not taken in at all. "
    if figures.limit == "generator":
        return told + (
            f"This command was the limit itself: it sent up to {figures.late:.1f} s late, busy {figures.busy:.0%} of "
            "the time. Run it on another machine than the platform, or several side by side with another --seed each."
        )
    return told + (
        f"The answers were the limit: sending waited {figures.held_up:.1f} s for them. See what is busy with `top` and "
        "`lianshan status`, and docs/operations.md, Adding capacity."
    )


def _spread(seconds: list[float]) -> str:
    from deploy.lianshan.load.figures import percentile  # noqa: PLC0415 - slow to import

    p50, p99 = percentile(seconds, 0.5), percentile(seconds, 0.99)
    return "" if p50 is None or p99 is None else f"p50 {p50 * 1000:,.0f} ms, p99 {p99 * 1000:,.0f} ms"


def _tell(figures: "Figures") -> None:
    out.print(table(figures))
    if words := not_held(figures):
        out.print(words)
    if figures.open:
        out.print(f"{len(figures.open):,} needs did not become ready, like {', '.join(figures.open[:5])}.")
        out.print("Why not: GET /v1/needs/ID tells what each waits for; `lianshan status`, what is slow or dead.")
