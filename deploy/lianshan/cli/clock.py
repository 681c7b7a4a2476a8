"""`lianshan clock`: the city's clock of a development stack."""

import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from deploy.lianshan.cli.connections import find_addresses, open_broker, open_platform, require
from deploy.lianshan.cli.options import AsJson, Var
from deploy.lianshan.cli.output import fail, one_line_errors, out

if TYPE_CHECKING:
    from deploy.lianshan.stores import Stores
    from shared.runtime.clock import CityTime, Clock

T = TypeVar("T")
app = typer.Typer(help="Show the city's clock, or move it forward: in development only.", no_args_is_help=True)


@app.command()
@one_line_errors
def show(var: Var = None, as_json: AsJson = False) -> None:
    """Show city time, how far it is ahead of the store's, and the processes that have a movable clock."""
    from deploy.lianshan.clock.movement import find_readers, read_city_clock  # noqa: PLC0415 - slow to import
    from deploy.lianshan.clock.story import find_story  # noqa: PLC0415

    with open_platform(require(find_addresses(var).mongo_uri, "LIANSHAN_MONGO_URI")) as stores:
        clock, readers, story = read_city_clock(stores), find_readers(stores), find_story(stores)
    if as_json:
        processes = [{"process": r.process, "pid": r.pid, "ahead_seconds": r.offset.total_seconds()} for r in readers]
        out.print_json(data=_to_json(clock) | {"story": story, "processes": processes})
        return
    _print(clock)
    out.print(f"{len(readers) or 'no'} processes have a movable clock")
    if story:
        out.print(f"the story “{story}” is played", markup=False)


@app.command()
@one_line_errors
def forward(
    duration: Annotated[str, typer.Argument(help="Days, hours, minutes, seconds: 3d, 2h, 1d12h.")],
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Move city time forward, and return once every process has it. It cannot be taken back."""
    from deploy.lianshan.clock.calendar import read_span  # noqa: PLC0415 - slow to import

    span = _read(read_span, duration)
    _move(lambda now: now + span, var, as_json)


@app.command()
@one_line_errors
def to(
    instant: Annotated[str, typer.Argument(help="An instant like 2027-03-01T09:00, or `monday`: the next, 09:00.")],
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Move city time forward to an instant, and return once every process has it. It cannot be taken back."""
    from deploy.lianshan.clock.calendar import find_next_monday, read_instant  # noqa: PLC0415 - slow to import

    if instant == "monday":
        _move(find_next_monday, var, as_json)
    else:
        found = _read(read_instant, instant)
        _move(lambda _: found, var, as_json)


def _read(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        fail(f"{error}.")


def _move(choose: "Callable[[CityTime], datetime]", var: Path | None, as_json: bool) -> None:
    from deploy.lianshan.clock.movement import ClockNotMovedError, move_forward  # noqa: PLC0415 - slow to import
    from deploy.lianshan.clock.story import play  # noqa: PLC0415

    found = find_addresses(var)
    name = f"lianshan clock of {getpass.getuser()}"
    amqp_uri = require(found.amqp_uri, "LIANSHAN_AMQP_URI")
    try:
        with open_platform(require(found.mongo_uri, "LIANSHAN_MONGO_URI"), writing=True) as stores:
            _check(stores, amqp_uri)
            with play(stores, name):
                clock = move_forward(stores, choose, name)
    except ClockNotMovedError as error:
        fail(f"{error}.")
    if as_json:
        out.print_json(data=_to_json(clock))
    else:
        _print(clock)


def _check(stores: "Stores", amqp_uri: str) -> None:
    """Raise ClockNotMovedError unless every process that takes messages has a movable clock."""
    from deploy.lianshan.clock.movement import check_movable, find_readers  # noqa: PLC0415 - slow to import
    from deploy.lianshan.pauses import PAUSABLE, count_work  # noqa: PLC0415

    with open_broker(amqp_uri) as connection:
        consumers = {service: count_work(connection, service)[0] for service in PAUSABLE}
    check_movable(find_readers(stores), consumers)


def _to_json(clock: "Clock") -> dict[str, object]:
    return {"city_time": clock.city().isoformat(), "ahead_seconds": clock.offset.total_seconds()}


def _print(clock: "Clock") -> None:
    from deploy.lianshan.clock.calendar import describe_clock  # noqa: PLC0415 - slow to import

    out.print(describe_clock(clock))
