"""`lianshan status`: the processes, the queues, the outboxes, the pauses, the dead letters."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypedDict

import typer

from deploy.lianshan.cli.connections import find_addresses, open_broker, open_platform
from deploy.lianshan.cli.options import AsJson, Lang, Var, choose_language
from deploy.lianshan.cli.output import fail, make_worded_table, one_line_errors, out
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.state import ProcessState, read_processes

if TYPE_CHECKING:
    from deploy.lianshan.stores import Stores
    from shared.words import Wording

_MINUTE: Final = 60


class QueueState(TypedDict):
    """A queue of the plan; both numbers are None where it is missing."""

    queue: str
    messages: int | None
    consumers: int | None


class OutboxState(TypedDict):
    """Events of a service that are committed and not confirmed yet, and the age of the oldest."""

    service: str
    events: int
    oldest_seconds: float


PendingMigration = TypedDict(
    "PendingMigration", {"collection": str, "from": int, "version": int, "builds": list[str], "drops": list[str]}
)
"""A collection that `lianshan migrate` still has to bring to the form of this release."""


class Status(TypedDict):
    """The status as `--json` prints it."""

    processes: list[ProcessState]
    queues: list[QueueState]
    outbox: list[OutboxState]
    paused: list[dict[str, str]]
    clock: str
    """The city's clock in words where it was moved; else empty."""
    skewed: list[dict[str, str]]
    """The processes whose host's clock is more than 5 s from the store's, with the seconds that it is ahead."""
    migrations: list[PendingMigration]
    views: list[dict[str, object]]
    """Those that are being built or have skipped events."""
    failing_timers: list[dict[str, str | int]]
    """Those that fail again and again, by service and type."""
    retries: int
    """Messages that failed and wait for another try."""
    dead_letters: int
    well: bool


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


@one_line_errors
def status(var: Var = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show each process, the queues' depths, the outboxes and the dead letters.

    Exits 1 when something is not well, 3 when no stack is up.
    """
    from shared.words import Wording  # noqa: PLC0415 - slow to import

    words = Wording(choose_language(lang))
    addresses = find_addresses(var)
    processes = read_processes(Folder.here(var))
    found = _read_status(processes, addresses.amqp_uri, addresses.mongo_uri, words)
    if as_json:
        out.print_json(data=found)
    else:
        _print_status(found, words)
        if addresses.gateway_url:
            out.print(words.sentence("gateway_address", {"address": addresses.gateway_url}), soft_wrap=True)
        else:
            out.print(words.sentence("gateway_not_known", {}), soft_wrap=True)
    raise typer.Exit(0 if found["well"] else 1)


def _read_status(processes: list[ProcessState], amqp_uri: str, mongo_uri: str, words: "Wording") -> Status:
    from deploy.lianshan.clock.calendar import describe_offset  # noqa: PLC0415 - slow to import
    from deploy.lianshan.clock.movement import read_city_clock  # noqa: PLC0415
    from deploy.lianshan.dead_letters.stored import count_letters, count_retries  # noqa: PLC0415
    from deploy.lianshan.failing import find_failing  # noqa: PLC0415
    from deploy.lianshan.pauses import find_paused  # noqa: PLC0415

    found: Status = {
        "processes": processes, "queues": _read_queues(amqp_uri) if amqp_uri else [], "outbox": [], "paused": [],
        "clock": "", "skewed": [], "migrations": [], "views": [], "failing_timers": [], "retries": 0,
        "dead_letters": 0, "well": False,
    }  # fmt: skip
    if mongo_uri:
        with open_platform(mongo_uri) as stores:
            found["outbox"] = _read_outboxes(stores)
            found["paused"] = [pause.to_json() for pause in find_paused(stores)]
            found["migrations"] = _read_migrations(stores)
            found["views"] = _read_views(stores)
            found["failing_timers"] = [failing.to_json() for failing in find_failing(stores)]
            found["retries"] = sum(count_retries(stores).values())
            found["dead_letters"] = sum(count_letters(stores).values())
            found["skewed"] = _read_skewed(stores)
            clock = read_city_clock(stores)
            if clock.offset:
                found["clock"] = words.sentence("city_time_ahead", describe_offset(clock))
    running = all(p["state"] == "running" and p["ready"] for p in processes)
    standing = all(q["messages"] is not None for q in found["queues"])
    # A pause and a pending migration are known to somebody and no fault.
    found["well"] = running and standing and not found["dead_letters"] and not found["failing_timers"]
    return found


def _read_queues(uri: str) -> list[QueueState]:
    from amqp.exceptions import NotFound  # noqa: PLC0415 - slow to import

    from shared.engine.amqp.topology import plan  # noqa: PLC0415

    found: list[QueueState] = []
    with open_broker(uri) as connection:
        channel = connection.channel()
        for queue in plan():
            # A stream counts all that it ever took.
            if queue.arguments.get("x-queue-type") == "stream":
                continue
            try:
                _, messages, consumers = channel.queue_declare(queue.name, passive=True)
                found.append({"queue": queue.name, "messages": messages, "consumers": consumers})
            except NotFound:
                channel = connection.channel()  # the broker has closed the other one
                found.append({"queue": queue.name, "messages": None, "consumers": None})
    return found


def _read_outboxes(stores: "Stores") -> list[OutboxState]:
    from deploy.lianshan.stores import SERVICES  # noqa: PLC0415 - slow to import
    from shared.engine.store.collections import OUTBOX  # noqa: PLC0415

    total = {"$group": {"_id": None, "events": {"$sum": {"$size": "$messages"}}, "oldest": {"$min": "$at"}}}
    age = {"$set": {"age": {"$subtract": ["$$NOW", "$oldest"]}}}
    found: list[OutboxState] = []
    for service in SERVICES:
        events, seconds = 0, 0.0
        for row in stores.collection(service, OUTBOX).aggregate([total, age]):
            events, seconds = row["events"], round(max(0.0, row["age"] / 1000), 3)
        found.append({"service": service, "events": events, "oldest_seconds": seconds})
    return found


def _read_migrations(stores: "Stores") -> list[PendingMigration]:
    from deploy.lianshan.migrations import find_pending  # noqa: PLC0415 - slow to import
    from shared.engine.store.schema_registry import StoreTooNewError  # noqa: PLC0415

    try:
        found = find_pending(stores)
    except StoreTooNewError as error:
        fail(str(error))
    return [
        {
            "collection": f"{pending.service}.{pending.collection}",
            "from": pending.complete,
            "version": pending.schema.version,
            "builds": list(pending.builds),
            "drops": list(pending.drops),
        }
        for pending in found
    ]


def _read_skewed(stores: "Stores") -> list[dict[str, str]]:
    from deploy.lianshan.stores import SERVICES  # noqa: PLC0415 - slow to import
    from shared.runtime.skew import find_skewed  # noqa: PLC0415

    return [{"process": s.process, "seconds": f"{s.seconds:+.1f}"} for s in find_skewed(stores.of, SERVICES)]


def _read_views(stores: "Stores") -> list[dict[str, object]]:
    from deploy.lianshan.views import report  # noqa: PLC0415 - slow to import

    return [view.to_json() for view in report(stores) if view.building or view.skipped]


def _print_status(found: Status, words: "Wording") -> None:
    _print_servers(found, words)
    if found["clock"]:
        out.print(words.sentence("clock_moved", {"clock": found["clock"]}), style="bold red", soft_wrap=True)
    for skewed in found["skewed"]:
        out.print(words.sentence("host_clock_apart", skewed), style="bold", soft_wrap=True)
    for pause in found["paused"]:
        who = {**pause, "why": pause["why"] or "–"}
        paused = words.sentence("service_paused", who)
        out.print(paused, style="bold", markup=False, soft_wrap=True)
    outboxes = ((o["service"], o["events"], f"{o['oldest_seconds']:g} s") for o in found["outbox"])
    _print_table(words, ("outbox", "events", "oldest"), outboxes)
    for timers in found["failing_timers"]:
        out.print(words.sentence("timers_fail", timers), style="bold", soft_wrap=True)
    if found["retries"]:
        out.print(words.sentence("retries_in_all", {"count": found["retries"]}))
    if letters := found["dead_letters"]:
        out.print(words.sentence("dead_letters_see_list", {"count": letters}))
    else:
        out.print(words.sentence("no_letters", {}))
    for row in found["migrations"]:
        if row["from"] == row["version"]:
            line = words.sentence("indexes_pending", {"collection": row["collection"]})
        else:
            versions: dict[str, str | int] = {
                "collection": row["collection"], "before": row["from"], "after": row["version"],
            }  # fmt: skip
            line = words.sentence("migration_pending", versions)
        out.print(line, soft_wrap=True)
    for view in found["views"]:
        parts = {name: str(view[name]) for name in ("view", "state", "to_follow", "skipped")}
        out.print(words.sentence("view_under_way", parts), soft_wrap=True)


def _print_servers(found: Status, words: "Wording") -> None:
    processes = (
        (p["name"], words.term("process_state", p["state"]), words.term("answer", "yes" if p["ready"] else "no"),
         p["pid"] or "", _span(p["uptime_seconds"]), p["restarts"])
        for p in found["processes"]
    )  # fmt: skip
    _print_table(words, ("process", "state", "ready", "pid", "up", "restarts"), processes)
    # Empty queues of retries and of dead letters are left out. The others stay, also without a consumer.
    shown = [q for q in found["queues"] if q["messages"] != 0 or not _holds_failures(q["queue"])]
    missing = words.term("answer", "missing")
    queues = ((q["queue"], missing if q["messages"] is None else q["messages"], q["consumers"]) for q in shown)
    _print_table(words, ("queue", "messages", "consumers"), queues)


def _print_table(words: "Wording", columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    table = make_worded_table(words, *columns)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)
    out.print()


def _holds_failures(queue: str) -> bool:
    return ".retry." in queue or queue.endswith(".dead")


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}"
