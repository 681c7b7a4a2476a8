"""`lianshan status`: what runs, what waits, what is dead."""

import time
from collections.abc import Iterable
from typing import Any

import typer
from rich.table import Table

from deploy.lianshan.cli.common import (
    Addresses,
    AsJson,
    Var,
    amqp_connection,
    database_prefix,
    fail,
    mongo_client,
    out,
    plainly,
    where,
)
from deploy.lianshan.local.folder import Folder, read_json
from deploy.lianshan.local.processes import Identity
from deploy.lianshan.local.services import answers

STORE_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


@plainly
def status(var: Var = None, as_json: AsJson = False) -> None:
    """Show each process, the queues' depths, the outboxes and the dead letters. Exits 1 when something is not well."""
    stack = where(var)
    found: dict[str, Any] = {
        "processes": processes(Folder.here(var)),
        "queues": queue_depths(stack.amqp_uri) if stack.amqp_uri else [],
        "outbox": outboxes(stack.mongo_uri) if stack.mongo_uri else [],
        "paused": paused(stack.mongo_uri) if stack.mongo_uri else [],
        "migrations": migrations(stack.mongo_uri) if stack.mongo_uri else [],
    }
    found["dead_letters"] = sum(q["messages"] or 0 for q in found["queues"] if q["queue"].endswith(".dead"))
    well = _is_well(found)
    if as_json:
        out.print_json(data={**found, "well": well})
    else:
        _show(found, stack)
    raise typer.Exit(0 if well else 1)


def processes(folder: Folder) -> list[dict[str, Any]]:
    """The supervised processes as they are now."""
    known = (read_json(folder.status_file) or {}).get("processes", [])
    return [_look(entry) for entry in known]


def queue_depths(uri: str) -> list[dict[str, Any]]:
    """Messages and consumers of every queue of the plan; None for both where a queue is missing."""
    from amqp.exceptions import NotFound  # noqa: PLC0415 - slow to import

    from shared.engine.amqp.topology import plan  # noqa: PLC0415

    found = []
    with amqp_connection(uri) as connection:
        channel = connection.channel()
        for queue in plan():
            if queue.arguments.get("x-queue-type") == "stream":
                continue
            try:
                _, messages, consumers = channel.queue_declare(queue.name, passive=True)
                found.append({"queue": queue.name, "messages": messages, "consumers": consumers})
            except NotFound:
                channel = connection.channel()
                found.append({"queue": queue.name, "messages": None, "consumers": None})
    return found


def outboxes(uri: str) -> list[dict[str, Any]]:
    """For each service: events that are committed but not yet confirmed, and the age of the oldest in seconds."""
    from pymongo import MongoClient  # noqa: PLC0415 - slow to import

    from deploy.lianshan.local.services import MODULES  # noqa: PLC0415
    from shared.engine.store.collections import OUTBOX  # noqa: PLC0415

    total = {"$group": {"_id": None, "events": {"$sum": {"$size": "$messages"}}, "oldest": {"$min": "$at"}}}
    found = []
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=int(STORE_SECONDS * 1000), tz_aware=True) as client:
        for service in (name for name in MODULES if name != "gateway-projector"):
            rows = list(client[f"{database_prefix()}{service}"][OUTBOX].aggregate([total]))
            row: dict[str, Any] = rows[0] if rows else {"events": 0, "oldest": None}
            age = round(max(0.0, time.time() - row["oldest"].timestamp()), 3) if row["oldest"] else 0.0
            found.append({"service": service, "events": row["events"], "oldest_seconds": age})
    return found


def paused(uri: str) -> list[dict[str, Any]]:
    """The services that an operator has paused."""
    from deploy.lianshan import pauses  # noqa: PLC0415 - slow to import

    with mongo_client(uri) as client:
        return [found.to_json() for found in pauses.paused(client, database_prefix())]


def migrations(uri: str) -> list[dict[str, Any]]:
    """The collections that `lianshan migrate` still has to bring to the form of this release."""
    from deploy.lianshan.migrations import to_do  # noqa: PLC0415 - slow to import
    from shared.engine.store.schema_registry import StoreTooNewError  # noqa: PLC0415

    with mongo_client(uri) as client:
        try:
            waiting = to_do(client, database_prefix())
        except StoreTooNewError as error:
            fail(str(error))
    return [
        {
            "collection": f"{what.service}.{what.collection}",
            "from": what.complete,
            "version": what.schema.version,
            "builds": list(what.builds),
            "drops": list(what.drops),
        }
        for what in waiting
    ]


def _look(entry: dict[str, Any]) -> dict[str, Any]:
    identity = Identity(entry["pid"], entry["started"]) if entry["pid"] else None
    alive = identity is not None and identity.process() is not None
    state = entry["state"] if alive or entry["state"] != "running" else "dead"
    return {
        "name": entry["name"],
        "state": state,
        "ready": answers(entry["ready_url"]) if alive and entry["ready_url"] else alive,
        "pid": entry["pid"] if alive else None,
        "uptime_seconds": round(time.time() - entry["started"], 1) if alive else None,
        "restarts": entry["restarts"],
        "last_exit": entry["last_exit"],
        "ready_url": entry["ready_url"],
    }


def _is_well(found: dict[str, Any]) -> bool:
    running = all(p["state"] == "running" and p["ready"] for p in found["processes"])
    return running and all(q["messages"] is not None for q in found["queues"]) and not found["dead_letters"]


def _show(found: dict[str, Any], stack: Addresses) -> None:
    rows = (
        (
            p["name"],
            p["state"],
            "yes" if p["ready"] else "no",
            p["pid"] or "",
            _span(p["uptime_seconds"]),
            p["restarts"],
        )
        for p in found["processes"]
    )
    _table(("process", "state", "ready", "pid", "up", "restarts"), rows)
    shown = [q for q in found["queues"] if q["messages"] or q["messages"] is None or q["consumers"]]
    _table(
        ("queue", "messages", "consumers"), ((q["queue"], _or_missing(q["messages"]), q["consumers"]) for q in shown)
    )
    for rest in found["paused"]:
        words = f"{rest['service']} is paused since {rest['since']} by {rest['by']}"
        out.print(words + (f": {rest['why']}" if rest["why"] else ""), style="bold", markup=False, soft_wrap=True)
    rows_out = ((o["service"], o["events"], f"{o['oldest_seconds']:g} s") for o in found["outbox"])
    _table(("outbox", "events", "oldest"), rows_out)
    out.print(
        f"dead letters: {found['dead_letters']}" + (" (see `lianshan dlq list`)" if found["dead_letters"] else "")
    )
    for row in found["migrations"]:
        what = "indexes" if row["from"] == row["version"] else f"version {row['from']} → {row['version']}"
        out.print(f"migration pending: {row['collection']}, {what} (run `lianshan migrate`)", soft_wrap=True)
    out.print(f"gateway: {stack.gateway_url or 'not known'}", soft_wrap=True)


def _table(titles: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    table = Table(*titles, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)
    out.print()


def _or_missing(messages: int | None) -> str:
    return "missing" if messages is None else str(messages)


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
