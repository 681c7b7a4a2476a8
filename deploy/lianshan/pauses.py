"""Pause and resume: rows that a service's replicas look at each second, and that outlive every restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from amqp import Connection
from pymongo import MongoClient, WriteConcern

from deploy.lianshan.topology.standing import depth
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.runtime.control import CONTROL, PAUSE, gateway_pause_id

PAUSABLE: Final = tuple(SUBSCRIPTIONS)
_TOLD: Final = WriteConcern("majority", wtimeout=10_000)

Client = MongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Paused:
    """A service that rests, since when, by whom and why."""

    service: str
    since: datetime
    by: str
    why: str

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"service": self.service, "since": self.since.isoformat(), "by": self.by, "why": self.why}


def pause(client: Client, prefix: str, service: str, by: str, why: str) -> bool:
    """Tell the gateway, so that nobody sends commands in vain, then the service; False where it was told before."""
    row = {"$setOnInsert": {"since": datetime.now(UTC), "by": by[:200], "why": why[:500]}}
    _rows(client, prefix, "gateway").update_one({"_id": gateway_pause_id(service)}, row, upsert=True)
    done = _rows(client, prefix, service).update_one({"_id": PAUSE}, row, upsert=True)
    return done.upserted_id is not None


def resume(client: Client, prefix: str, service: str) -> bool:
    """Let it work again; False where it was not paused."""
    done = _rows(client, prefix, service).delete_one({"_id": PAUSE})
    _rows(client, prefix, "gateway").delete_one({"_id": gateway_pause_id(service)})
    return bool(done.deleted_count)


def paused(client: Client, prefix: str) -> list[Paused]:
    """Every service that is paused."""
    found = []
    for service in PAUSABLE:
        row = client[f"{prefix}{service}"][CONTROL].find_one({"_id": PAUSE})
        if row is not None:
            found.append(Paused(service, row["since"], row["by"], row["why"]))
    return found


def own_queues(service: str) -> Sequence[str]:
    """The queues that its replicas consume."""
    return [events_queue(service)] + ([commands_queue(service)] if service in COMMANDED else [])


def at_work(connection: Connection, service: str) -> tuple[int, int]:
    """How many consumers its queues have, and how many messages wait in them."""
    found = [depth(connection, queue) or (0, 0) for queue in own_queues(service)]
    return max(consumers for _, consumers in found), sum(messages for messages, _ in found)


def _rows(client: Client, prefix: str, service: str) -> Any:
    return client[f"{prefix}{service}"].get_collection(CONTROL, write_concern=_TOLD)
