"""The reading of a status. A server that is away hides nothing of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from amqp import Connection
from amqp.exceptions import AMQPError
from pymongo.errors import PyMongoError

from deploy.lianshan.clock.calendar import describe_offset
from deploy.lianshan.clock.movement import read_city_clock
from deploy.lianshan.dead_letters.stored import count_letters, count_retries
from deploy.lianshan.failing import find_failing
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.state import has_left_processes, read_processes
from deploy.lianshan.migrations import find_pending
from deploy.lianshan.pauses import find_paused
from deploy.lianshan.status.facts import AgencyQueue, PendingMigration, QueueState, ServiceState, Status
from deploy.lianshan.stores import SERVICES, Stores, open_stores
from deploy.lianshan.topology.depths import Depth, list_names, read_agencies, read_left_over, read_planned
from deploy.lianshan.views import report
from shared.engine.amqp.broker import BrokerUnreachableError, close_quietly, connect
from shared.engine.store.collections import LOG_POSITIONS, OUTBOX
from shared.runtime.control import read_closed_door
from shared.runtime.logging import describe
from shared.runtime.skew import find_skewed
from shared.words import Wording

STORE_MILLISECONDS: Final = 5_000
HEARTBEAT_SECONDS: Final = 60
"""RabbitMQ's own default: no heartbeat is sent while the stores are read."""


@dataclass(frozen=True)
class Failed:
    """By queue, the messages that failed: those that wait for another try, and the dead letters."""

    retries: Mapping[str, int]
    dead_letters: Mapping[str, int]


def read_status(folder: Folder, amqp_uri: str, mongo_uri: str, prefix: str, words: Wording) -> Status:
    """Return the status; of a server without an address nothing. Raises StoreTooNewError.

    `words` are those of the clock.
    """
    # After a clean end the records stay, and the file of the addresses does not.
    found = Status(read_processes(folder) if folder.stack_file.exists() else [], not has_left_processes(folder))
    failed = _read_stores(found, mongo_uri, prefix, words) if mongo_uri else None
    if amqp_uri:
        _read_broker(found, folder, amqp_uri, failed)
    return found


def _read_broker(found: Status, folder: Folder, uri: str, failed: Failed | None) -> None:
    connection: Connection | None = None
    try:
        connection = connect(uri, "lianshan command", HEARTBEAT_SECONDS)
        depths = read_planned(connection)
        try:
            listed = list_names(folder, uri)
        except OSError as error:
            listed = None
            found.unreachable.append(str(error))
        if listed is not None:
            depths += read_left_over(connection, listed)
            found.agencies = [_to_agency(depth) for depth in read_agencies(connection, listed)]
        found.queues = [_to_queue(depth, failed) for depth in depths]
    except (AMQPError, OSError, BrokerUnreachableError) as error:
        found.unreachable.append(f"LIANSHAN_AMQP_URI: {error}")
        # The failed messages stand in the stores.
        named = sorted({*failed.retries, *failed.dead_letters}) if failed else ()
        found.queues = [_to_queue(Depth(name, None, None), failed) for name in named]
    finally:
        close_quietly(connection)


def _to_queue(depth: Depth, failed: Failed | None) -> QueueState:
    return {
        "queue": depth.queue, "messages": depth.messages, "consumers": depth.consumers,
        "retries": None if failed is None else failed.retries.get(depth.queue, 0),
        "dead_letters": None if failed is None else failed.dead_letters.get(depth.queue, 0),
    }  # fmt: skip


def _to_agency(depth: Depth) -> AgencyQueue:
    return {"queue": depth.queue, "messages": depth.messages or 0, "consumers": depth.consumers or 0}


def _read_stores(found: Status, uri: str, prefix: str, words: Wording) -> Failed | None:
    """Read the stores; return the failed messages, None where MongoDB does not answer."""
    try:
        with open_stores(uri, prefix, milliseconds=STORE_MILLISECONDS) as stores:
            found.outbox = [_read_service(stores, service) for service in SERVICES]
            found.paused = [pause.to_json() for pause in find_paused(stores)]
            found.migrations = _read_migrations(stores)
            found.views = [view.to_json() for view in report(stores) if view.building or view.skipped]
            found.failing_timers = [failing.to_json() for failing in find_failing(stores)]
            skewed = find_skewed(stores.of, SERVICES)
            found.skewed = [{"process": s.process, "seconds": f"{s.seconds:+.1f}"} for s in skewed]
            clock = read_city_clock(stores)
            if clock.offset:
                found.clock = words.sentence("city_time_ahead", describe_offset(clock))
            return Failed(count_retries(stores), count_letters(stores))
    except PyMongoError as error:
        # A failed selection lists the state of every server after "Timeout".
        found.unreachable.append(f"LIANSHAN_MONGO_URI: {describe(error).partition(', Timeout')[0]}")
        return None


def _read_service(stores: Stores, service: str) -> ServiceState:
    total = {"$group": {"_id": None, "events": {"$sum": {"$size": "$messages"}}, "oldest": {"$min": "$at"}}}
    age = {"$set": {"age": {"$subtract": ["$$NOW", "$oldest"]}}}
    events, seconds = 0, 0.0
    for row in stores.collection(service, OUTBOX).aggregate([total, age]):
        events, seconds = row["events"], round(max(0.0, row["age"] / 1000), 3)
    door = read_closed_door(stores.of(service))
    log = stores.collection(service, LOG_POSITIONS).find_one({}) or {}
    return {
        "service": service, "events": events, "oldest_seconds": seconds,
        "door": door["code"] if door else "open", "door_since": door["since"].isoformat() if door else "",
        "catching_up": bool(log.get("missing")),
        "lost_at": log["lost_at"].isoformat(timespec="minutes") if "lost_at" in log else "",
    }  # fmt: skip


def _read_migrations(stores: Stores) -> list[PendingMigration]:
    return [
        {
            "collection": f"{pending.service}.{pending.collection}",
            "from": pending.complete,
            "version": pending.schema.version,
            "builds": list(pending.builds),
            "drops": list(pending.drops),
        }
        for pending in find_pending(stores)
    ]
