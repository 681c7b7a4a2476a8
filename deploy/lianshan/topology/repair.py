"""The repair of a broker: creates, binds, unbinds and replaces queues until its state is the plan's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from amqp import Connection
from amqp.exceptions import PreconditionFailed

from deploy.lianshan.topology.drift import MOVING, list_refusing
from deploy.lianshan.topology.queue_depth import read_depth
from deploy.lianshan.topology.queue_move import CannotMoveError, lock, move
from deploy.lianshan.topology.state import BrokerState
from shared.engine.amqp.former_topology import EXCHANGES_BESIDE_FORMER, is_former_here, plan_beside_former
from shared.engine.amqp.topology import EXCHANGES, QueuePlan, plan, set_mark


@dataclass
class Repair:
    """The result of a repair."""

    created: list[str] = field(default_factory=list)
    moved: dict[str, int] = field(default_factory=dict)
    """Queues that were replaced, with the number of messages that each kept."""
    unbound: list[list[str]] = field(default_factory=list)
    """Exchange, routing key and queue of each binding that was removed."""
    left: list[str] = field(default_factory=list)
    """A line for each difference that stays, with the next step."""
    busy: set[str] = field(default_factory=set)
    """The services whose queues could not be replaced, because they work or messages of theirs wait elsewhere."""

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {"created": self.created, "moved": self.moved, "unbound": self.unbound, "left": self.left}


def repair(
    connection: Connection, state: BrokerState | None = None, report: Callable[[str], None] = lambda _: None,
    *, only: str | None = None,
) -> Repair:  # fmt: skip
    """Apply the plan, or `only` the part of one service; remove stale bindings where `state` shows them.

    Raises CannotMoveError where another repair is at work, and an error of BROKER_ERRORS.
    """
    former = is_former_here(connection)
    planned = plan_beside_former() if former else plan()
    done, queues = Repair(), [queue for queue in planned if only is None or queue.name.partition(".")[0] == only]
    lock(connection)
    _declare_exchanges(connection, EXCHANGES_BESIDE_FORMER if former else EXCHANGES, done)
    for queue in queues:
        _repair_queue(connection, queue, done, report)
    if state is not None and state.bindings is not None:
        _unbind_stale(connection, queues, state, done)
    # The mark lets services start, so it comes only when everything they count on stands.
    if not done.left and only is None:
        set_mark(connection.channel())
    return done


def _declare_exchanges(connection: Connection, exchanges: Mapping[str, str], done: Repair) -> None:
    for name, kind in exchanges.items():
        channel = connection.channel()
        try:
            channel.exchange_declare(name, kind, durable=True, auto_delete=False)
        except PreconditionFailed:
            done.left.append(
                f"the exchange {name} is not a durable {kind} exchange: stop the services, delete it, then apply again."
            )
        else:
            channel.close()


def _repair_queue(connection: Connection, queue: QueuePlan, done: Repair, report: Callable[[str], None]) -> None:
    stood = read_depth(connection, queue.name) is not None
    # A move that was cut off has left messages aside, even where the queue itself is as planned again.
    unfinished = read_depth(connection, f"{queue.name}{MOVING}") is not None
    try:
        if not unfinished and _declare_queue(connection, queue):
            done.created += [] if stood else [queue.name]
            return
        report(f"{queue.name} is replaced")
        done.moved[queue.name] = move(connection, queue)
    except CannotMoveError as error:
        done.left.append(str(error))
        done.busy.add(queue.name.partition(".")[0])


def _declare_queue(connection: Connection, queue: QueuePlan) -> bool:
    """Declare and bind the queue; return False where it stands with other arguments."""
    channel = connection.channel()
    try:
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue.arguments)
    except PreconditionFailed:
        return False
    for exchange, key in queue.bindings:
        channel.queue_bind(queue.name, exchange, key)
    channel.close()
    return True


def _unbind_stale(connection: Connection, queues: Sequence[QueuePlan], state: BrokerState, done: Repair) -> None:
    wanted = {queue.name: {(exchange, key) for exchange, key in queue.bindings} for queue in queues}
    channel = connection.channel()
    for exchange, key, name in sorted(state.bindings or ()):
        if exchange in EXCHANGES_BESIDE_FORMER and name in wanted and (exchange, key) not in wanted[name]:
            channel.queue_unbind(name, exchange, key)
            done.unbound.append([exchange, key, name])
    for exchange, key, name in list_refusing(plan_beside_former(), state):
        channel.queue_unbind(name, exchange, key)
        done.unbound.append([exchange, key, name])
    channel.close()
