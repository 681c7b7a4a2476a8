"""Pauses of services: rows in the stores that a service's replicas read each second and that outlive every restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from amqp import Connection
from pymongo import WriteConcern
from pymongo.collection import Collection

from deploy.lianshan.stores import Document, Stores
from deploy.lianshan.topology.queue_depth import read_depth
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.runtime.clock import machine_now
from shared.runtime.control import CONTROL, PAUSE, gateway_pause_id

PAUSABLE: Final = tuple(SUBSCRIPTIONS)
"""The owners of the stores with such a row."""
PROJECTOR: Final = "projector"
"""The process that consumes the queue of the gateway's store: it pauses there, not the API."""
GATEWAY: Final = "gateway"
NAMES: Final = tuple(PROJECTOR if service == GATEWAY else service for service in PAUSABLE)
"""The names of the processes that can be paused, as people write them."""
MAX_NAME: Final = 200
MAX_REASON: Final = 500
"""Characters kept of a name and of a reason."""
_DURABLE: Final = WriteConcern("majority", wtimeout=10_000)


@dataclass(frozen=True)
class Paused:
    """A paused service: since when, by whom and why."""

    service: str
    since: datetime
    by: str
    why: str

    def to_json(self) -> dict[str, str]:
        """Return it as `--json` prints it."""
        return {"service": name_paused(self.service), "since": self.since.isoformat(), "by": self.by, "why": self.why}


def name_paused(service: str) -> str:
    """Return the name of the process that pauses with the owner of a store."""
    return PROJECTOR if service == GATEWAY else service


def owner_of(name: str) -> str:
    """Return the owner of the store whose row pauses the process of that name."""
    return GATEWAY if name == PROJECTOR else name


def pause(stores: Stores, service: str, by: str, why: str) -> Paused | None:
    """Pause a service; return the pause that it was in before, which stays as it is, else None.

    The row of the gateway comes first, so that it refuses commands before nobody takes them any more.
    """
    row = {"$setOnInsert": {"since": machine_now(), "by": by[:MAX_NAME], "why": why[:MAX_REASON]}}
    _rows(stores, GATEWAY).update_one({"_id": gateway_pause_id(service)}, row, upsert=True)
    done = _rows(stores, service).update_one({"_id": PAUSE}, row, upsert=True)
    return None if done.upserted_id is not None else _find(stores, service)


def resume(stores: Stores, service: str) -> bool:
    """Let a service work again; return False where it was not paused."""
    done = _rows(stores, service).delete_one({"_id": PAUSE})
    _rows(stores, GATEWAY).delete_one({"_id": gateway_pause_id(service)})
    return bool(done.deleted_count)


def find_paused(stores: Stores) -> list[Paused]:
    """Return every service that is paused."""
    return [found for service in PAUSABLE if (found := _find(stores, service)) is not None]


def own_queues(service: str) -> Sequence[str]:
    """Return the queues that the service's replicas consume."""
    return [events_queue(service)] + ([commands_queue(service)] if service in COMMANDED else [])


def count_work(connection: Connection, service: str) -> tuple[int, int]:
    """Return the number of the service's replicas that consume, and of the messages that wait in its queues."""
    found = [read_depth(connection, queue) or (0, 0) for queue in own_queues(service)]
    # Each replica consumes every queue once, so the largest count is that of the replicas.
    return max(consumers for _, consumers in found), sum(messages for messages, _ in found)


def _find(stores: Stores, service: str) -> Paused | None:
    row = stores.collection(service, CONTROL).find_one({"_id": PAUSE})
    return None if row is None else Paused(service, row["since"], row["by"], row["why"])


def _rows(stores: Stores, service: str) -> "Collection[Document]":
    # A pause that a failover takes back would let a repair and a service meet in one queue.
    return stores.of(service).get_collection(CONTROL, write_concern=_DURABLE)
