"""`lianshan views list|show|rebuild`."""

import getpass
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from deploy.lianshan.cli.connections import find_mongo_uri, open_platform
from deploy.lianshan.cli.options import AsJson, By, Lang, Var, choose_language
from deploy.lianshan.cli.output import Line, err, fail, name_columns, one_line_errors, out, print_table, show_progress

if TYPE_CHECKING:
    from deploy.lianshan.stores import Stores
    from deploy.lianshan.views import ViewReport
    from shared.words import Language, Wording

app = typer.Typer(help="The gateway's views, which are made from the feed.", no_args_is_help=True)

LOOK_SECONDS: Final = 0.5
STILL_SECONDS: Final = 60.0
"""After so long without any progress the command gives up waiting; the work itself goes on."""


@app.command("list")
@one_line_errors
def list_views(var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List the views: the generation that is read, the one being built, and how far they are behind the feed."""
    from deploy.lianshan import views  # noqa: PLC0415 - slow to import

    with open_platform(find_mongo_uri(var)) as stores:
        found = views.report(stores)
    if as_json:
        out.print_json(data=[view.to_json() for view in found])
        return
    words = _speak(lang)
    columns = ("view", "state", "read", "events_behind", "being_built", "events_to_follow", "skipped")
    lines = [
        Line((view.view, words.term("view_state", view.state), f"@{view.live}" if view.live else "", view.behind,
              f"@{view.building}" if view.building else "", view.to_follow if view.building else "",
              view.skipped or ""))
        for view in found
    ]  # fmt: skip
    if lines:
        print_table(name_columns(words, *columns), lines)
    else:
        out.print(words.sentence("no_views", {}))


@app.command()
@one_line_errors
def show(name: Annotated[str, typer.Argument(help="As `views list` shows it.")], var: Var = None,
         as_json: AsJson = False, lang: Lang = None) -> None:  # fmt: skip
    """Show one view by partition of the feed: the worker that holds it, and the events that are not followed yet."""
    from deploy.lianshan import views  # noqa: PLC0415 - slow to import

    with open_platform(find_mongo_uri(var)) as stores:
        found, parts = views.report(stores, [name]), views.report_partitions(stores, name)
    if not found:
        fail(f"there is no view {name}: one of {', '.join(views.NAMES)}.")
    if as_json:
        out.print_json(data={**found[0].to_json(), "partitions": [part.to_json() for part in parts]})
        return
    view, words = found[0], _speak(lang)
    state = {"view": view.view, "collections": ", ".join(view.collections), "state": view.state, "since": view.since}
    out.print(words.sentence("view_state_since", state))
    lines = [
        Line((part.partition, part.holder or words.term("answer", "none"),
              ", ".join(f"{lane}: {events}" for lane, events in part.behind.items())))
        for part in parts
    ]  # fmt: skip
    print_table(name_columns(words, "partition", "worker", "events_behind"), lines)


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
    lang: Lang = None,
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
    words = _speak(lang)
    for view in found:
        out.print(_describe(view, words))


def _speak(lang: "Language | None") -> "Wording":
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    return Wording(choose_language(lang))


def _wait(stores: "Stores", names: Sequence[str]) -> None:
    from deploy.lianshan import views  # noqa: PLC0415 - slow to import

    least, since, whole = None, time.monotonic(), 0
    with show_progress("events") as advance:
        while True:
            building = [view for view in views.report(stores, names) if view.building]
            left = sum(view.to_follow for view in building)
            if not building:
                return
            whole = max(whole, left)
            advance(whole - left, whole)
            # The feed moves on meanwhile, so that only a new lowest number is progress.
            if least is None or left < least:
                least, since = left, time.monotonic()
            elif time.monotonic() > since + STILL_SECONDS:
                _give_up(building, left)
            time.sleep(LOOK_SECONDS)


def _give_up(building: "Sequence[ViewReport]", left: int) -> NoReturn:
    err.print("See `lianshan views show NAME`; --abandon gives it up.")
    if lacking := [view.view for view in building if view.skipped]:
        fail(
            f"{', '.join(lacking)}: the new generation lacks events that the present one shows, which stays. See "
            "view_skips_event in the projector's log, repair the cause, then rebuild again."
        )
    fail(f"{left} events are still to follow, and nothing moves: does a projector run, is the gateway paused?")


def _describe(view: "ViewReport", words: "Wording") -> str:
    shown: dict[str, str | int] = {"view": view.view, "generation": view.live, "count": view.skipped}
    if view.building:
        return words.sentence("generation_being_built", shown | {"generation": view.building, "count": view.to_follow})
    return words.sentence("view_read_with_gaps", shown) if view.skipped else words.sentence("view_read", shown)
