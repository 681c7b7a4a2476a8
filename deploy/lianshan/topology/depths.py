"""The depths of queues: those of the plan, and those that agencies have made on the same broker.

AMQP gives the depth of a queue by its name and lists none. The names of agencies' queues are shown by RabbitMQ's
management API, and by `rabbitmqctl` where the node is the embedded one.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from amqp import Connection
from amqp.exceptions import NotFound, ResourceLocked

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.topology.drift import MOVING
from deploy.lianshan.topology.state import MANAGEMENT, is_embedded, open_management, read_answer
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.depth import read_depth
from shared.engine.amqp.topology import commands_queue, events_queue, plan

MOST: Final = 1_000
"""Queues of agencies that are looked at, in the order of their names."""
_STREAM: Final = "stream"
_FORMER: Final = tuple(f"{queue}." for queue in (*map(events_queue, SUBSCRIPTIONS), *map(commands_queue, COMMANDED)))
"""Begins the names of queues that former releases had, for their retries and their dead letters."""
_RPC: Final = tuple(f"rpc-{service}" for service in COMMANDED)
_REPLIES: Final = ".replies."
_NAMELESS: Final = "amq.gen-"
"""Begins the names that the broker gives: queues of one connection, which end with it."""


@dataclass(frozen=True, slots=True)
class Depth:
    """A queue with its waiting messages and its consumers; both are None where the queue does not stand."""

    queue: str
    messages: int | None
    consumers: int | None


def read_planned(connection: Connection) -> list[Depth]:
    """Return the depth of each queue of the plan but the streams, which count all that they ever took."""
    names = [queue.name for queue in plan() if queue.arguments.get("x-queue-type") != _STREAM]
    return list(_read_depths(connection, names))


def list_names(folder: Folder, amqp_uri: str) -> list[str] | None:
    """Return the names of all queues of the broker; None where nothing shows them. Raises OSError."""
    if url := os.environ.get(MANAGEMENT):
        return read_queue_names(url, amqp_uri)
    return rabbitmq.list_queues(folder) if is_embedded(folder, amqp_uri) else None


def read_queue_names(url: str, amqp_uri: str) -> list[str]:
    """Return the names of all queues of the virtual host, over HTTP. Raises OSError."""
    # Without statistics, which may be collected late and take seconds where there are many queues.
    only = {"columns": "name", "disable_stats": "true"}
    with open_management(url, amqp_uri) as (client, host):
        return [row["name"] for row in read_answer(client, client.get(f"/api/queues/{host}", params=only))]


def read_agencies(connection: Connection, names: Iterable[str]) -> list[Depth]:
    """Return the depth of each queue that is neither of the plan nor of the platform's own questions, at most MOST."""
    found = _read_depths(connection, sorted(filter(is_of_agency, names))[:MOST])
    return [depth for depth in found if depth.messages is not None]


def read_left_over(connection: Connection, names: Iterable[str]) -> list[Depth]:
    """Return the depth of each queue that a former release had and that still holds messages."""
    planned = {queue.name for queue in plan()}
    found = _read_depths(connection, sorted(name for name in names if name.startswith(_FORMER) and name not in planned))
    return [depth for depth in found if depth.messages]


def is_of_agency(name: str) -> bool:
    """Return whether a queue of that name belongs to another agency."""
    planned = {queue.name for queue in plan()}
    own = name.removesuffix(MOVING) in planned or name.startswith(_FORMER) or name in _RPC or _REPLIES in name
    return not own and not name.startswith(_NAMELESS)


def _read_depths(connection: Connection, names: Iterable[str]) -> Iterator[Depth]:
    channel = connection.channel()
    for name in names:
        try:
            yield Depth(name, *read_depth(channel, name))
        # After a refusal the broker has closed the channel.
        except NotFound:
            channel = connection.channel()
            yield Depth(name, None, None)
        except ResourceLocked:  # of another connection alone
            channel = connection.channel()
    if channel.is_open:
        channel.close()
