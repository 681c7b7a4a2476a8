"""Makes what stands as it is wanted: creates, binds, unbinds, moves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from amqp import Connection
from amqp.exceptions import PreconditionFailed

from deploy.lianshan.topology.drift import MOVING
from deploy.lianshan.topology.moving import CannotMoveError, lock, move
from deploy.lianshan.topology.standing import Standing, depth
from shared.engine.amqp.topology import EXCHANGES, QueuePlan, plan, set_mark


@dataclass
class Repair:
    """What was done, and what could not be."""

    created: list[str] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    """Queues that were made anew, with how many messages each kept."""
    unbound: list[list[str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """In words: what stays different, and what to do."""

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"created": self.created, "moved": self.moved, "unbound": self.unbound, "left": self.left}


def repair(
    connection: Connection, standing: Standing | None = None, say: Callable[[str], None] = lambda _: None
) -> Repair:
    """Apply the plan; stale bindings go where `standing` shows them.

    Raises CannotMoveError where another repair is at work, and an error of BROKER_ERRORS.
    """
    done, queues = Repair(), plan()
    lock(connection)
    _exchanges(connection, done)
    for queue in queues:
        _one(connection, queue, done, say)
    if standing is not None and standing.bindings is not None:
        _unbind(connection, queues, standing, done)
    if not done.left:
        set_mark(connection.channel())
    return done


def _exchanges(connection: Connection, done: Repair) -> None:
    for name, kind in EXCHANGES.items():
        channel = connection.channel()
        try:
            channel.exchange_declare(name, kind, durable=True, auto_delete=False)
        except PreconditionFailed:
            done.left.append(
                f"the exchange {name} is not a durable {kind} exchange: stop the services, delete it, then apply again."
            )
        else:
            channel.close()


def _one(connection: Connection, queue: QueuePlan, done: Repair, say: Callable[[str], None]) -> None:
    stood = depth(connection, queue.name) is not None
    unfinished = depth(connection, f"{queue.name}{MOVING}") is not None
    try:
        if not unfinished and _declared(connection, queue):
            done.created += [] if stood else [queue.name]
            return
        say(f"{queue.name} is made anew")
        done.moved[queue.name] = move(connection, queue)
    except CannotMoveError as error:
        done.left.append(str(error))


def _declared(connection: Connection, queue: QueuePlan) -> bool:
    channel = connection.channel()
    try:
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue.arguments)
    except PreconditionFailed:
        return False
    for exchange, key in queue.bindings:
        channel.queue_bind(queue.name, exchange, key)
    channel.close()
    return True


def _unbind(connection: Connection, queues: Sequence[QueuePlan], standing: Standing, done: Repair) -> None:
    wanted = {queue.name: {(exchange, key) for exchange, key in queue.bindings} for queue in queues}
    channel = connection.channel()
    for exchange, key, name in sorted(standing.bindings or ()):
        if exchange in EXCHANGES and name in wanted and (exchange, key) not in wanted[name]:
            channel.queue_unbind(name, exchange, key)
            done.unbound.append([exchange, key, name])
    channel.close()
