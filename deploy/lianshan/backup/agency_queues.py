"""The queues of other agencies on the broker: in a backup stand their names, arguments and bindings.

Their messages are not in it: the feed has every event, and an agency reads it again from its own cursor. Nor are users.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypedDict

from amqp import Connection
from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed

from deploy.lianshan.topology.depths import is_of_agency
from deploy.lianshan.topology.state import BrokerState

MOST: Final = 1_000
"""Queues of agencies in a backup, in the order of their names."""
_REFUSALS: Final = (AccessRefused, NotFound, PreconditionFailed)


class AgencyQueue(TypedDict):
    """A queue as it is declared again; `bindings` are pairs of exchange and routing key."""

    queue: str
    arguments: dict[str, object]
    bindings: list[list[str]]


def find_agency_queues(state: BrokerState) -> list[AgencyQueue] | None:
    """Return the durable queues of agencies; None where the broker's queues are not seen."""
    if not state.names_seen:
        return None
    names = sorted(name for name in state.queues if is_of_agency(name) and name not in state.fleeting)
    bound: dict[str, list[list[str]]] = {}
    for exchange, key, queue in sorted(state.bindings or ()):
        if exchange:  # every queue is bound to the default exchange by itself
            bound.setdefault(queue, []).append([exchange, key])
    return [
        {"queue": name, "arguments": dict(state.queues[name]), "bindings": bound.get(name, [])} for name in names[:MOST]
    ]


def declare_agency_queues(connection: Connection, queues: Sequence[AgencyQueue]) -> Iterator[str]:
    """Declare and bind each queue, and yield a line about each that the broker refuses. Raises AMQPError, OSError."""
    for row in queues:
        try:
            channel = connection.channel()
            channel.queue_declare(row["queue"], durable=True, auto_delete=False, arguments=row["arguments"])
            for exchange, key in row["bindings"]:
                channel.queue_bind(row["queue"], exchange, key)
            channel.close()
        except _REFUSALS as error:
            yield f"the agency's queue {row['queue']} was not made: {error}"
