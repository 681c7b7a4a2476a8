"""`lianshan views list|show|rebuild`."""

import getpass
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from deploy.lianshan.cli.connections import find_mongo_uri, open_platform
from deploy.lianshan.cli.options import AsJson, By, Var
from deploy.lianshan.cli.output import err, fail, make_table, one_line_errors, out, show_progress

if TYPE_CHECKING:
    from deploy.lianshan.stores import Stores
    from deploy.lianshan.views import ViewReport

app = typer.Typer(help="The gateway's views, which are made from the feed.", no_args_is_help=True)

LOOK_SECONDS: Final = 0.5
STILL_SECONDS: Final = 60.0
"""After so long without any progress the command gives up waiting; the work itself goes on."""


@app.command("list")
@one_line_errors
def list_views(var: Var = None, as_json: AsJson = False) -> None:
    """List the views: the generation that is read, the one being built, and how far they are behind the feed."""
    from deploy.lianshan import views  # noqa: PLC0415 - slow to import

    with open_platform(find_mongo_uri(var)) as stores:
        found = views.report(stores)
    if as_json:
        out.print_json(data=[view.to_json() for view in found])
        return
    table = make_table("view", "state", "read", "events behind", "being built", "events to follow", "skipped")
    for view in found:
        built = f"@{view.building}" if view.building else ""
        row = (view.view, view.state, f"@{view.live}" if view.live else "", view.behind, built)
        table.add_row(*map(str, (*row, view.to_follow if view.building else "", view.skipped or "")))
    out.print(table if found else "no views yet: start the gateway's projector")


@app.command()
@one_line_errors
def show(name: Annotated[str, typer.Argument(help="As `views list` shows it.")], var: Var = None,
         as_json: AsJson = False) -> None:  # fmt: skip
    """Show one view by partition of the feed: the worker that holds it, and the events that are not followed yet."""
    from deploy.lianshan import views  # noqa: PLC0415 - slow to import

    with open_platform(find_mongo_uri(var)) as stores:
        found, parts = views.report(stores, [name]), views.report_partitions(stores, name)
    if not found:
        fail(f"there is no view {name}: one of {', '.join(views.NAMES)}.")
    if as_json:
        out.print_json(data={**found[0].to_json(), "partitions": [part.to_json() for part in parts]})
        return
    view = found[0]
    out.print(f"{view.view} ({', '.join(view.collections)}): {view.state} since {view.since}", soft_wrap=True)
    table = make_table("partition", "worker", "events behind")
    for part in parts:
        behind = ", ".join(f"{lane}: {events}" for lane, events in part.behind.items())
        table.add_row(part.partition, part.holder[:8] or "none", behind)
    out.print(table)


@app.command()
@one_line_errors
def rebuild(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="As `views list` shows them.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every view.")] = False,
    abandon: Annotated[bool, typer.Option("--abandon", help="Give up the generation under construction.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait until the new generation is read.")] = True,
    by: By = None,
    var: Var = None,
    as_json: AsJson = False,
) -> None:
    """Build a new generation of views from the feed, while the present one is read and kept up to date.

    The projectors do the work, beside their own, and go on after a restart; ending this command ends nothing. When the
    new generation has come level, it is read from then on, and the last one is dropped a minute later.
    """
    from deploy.lianshan import views  # noqa: PLC0415 - slow to import

    if bool(names) == every:
        fail("name views, or give --all.")
    wanted = list(views.NAMES) if every else list(dict.fromkeys(names or ()))
    with open_platform(find_mongo_uri(var)) as stores:
        try:
            if abandon:
                views.abandon(stores, wanted)
            else:
                views.rebuild(stores, wanted, by or getpass.getuser())
        except (views.UnknownViewError, views.CannotAbandonError) as error:
            fail(f"{error}.")
        if wait and not abandon:
            _wait(stores, wanted)
        found = views.report(stores, wanted)
    if as_json:
        out.print_json(data=[view.to_json() for view in found])
        return
    for view in found:
        out.print(_describe(view), soft_wrap=True)


def _wait(stores: "Stores", names: Sequence[str]) -> None:
    from deploy.lianshan import views  # noqa: PLC0415 - slow to import

    still, since, whole = -1, time.monotonic(), 0
    with show_progress("events") as advance:
        while True:
            building = [view for view in views.report(stores, names) if view.building]
            left = sum(view.to_follow for view in building)
            if not building:
                return
            whole = max(whole, left)
            advance(whole - left, whole)
            if left != still:
                still, since = left, time.monotonic()
            elif time.monotonic() > since + STILL_SECONDS:
                _give_up(left)
            time.sleep(LOOK_SECONDS)


def _give_up(left: int) -> NoReturn:
    err.print("See `lianshan views show NAME`; --abandon gives it up.")
    fail(f"{left} events are still to follow, and nothing moves: does a projector run, is the gateway paused?")


def _describe(view: "ViewReport") -> str:
    if view.building:
        return f"{view.view}: @{view.building} is being built, {view.to_follow} events to follow"
    skipped = f"; {view.skipped} events were skipped, see the projector's log" if view.skipped else ""
    return f"{view.view}: @{view.live} is read{skipped}"
