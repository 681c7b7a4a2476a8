"""The retirement of the queues and exchanges that only release 0.2.0 needs: the last step of an upgrade from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from amqp import Connection
from amqp.exceptions import NotFound

from deploy.lianshan.topology.queue_depth import delete_if_empty, read_depth
from deploy.lianshan.topology.queue_move import lock
from shared.engine.amqp.former_topology import FORMER_EXCHANGES, FORMER_MARK, former_plan
from shared.engine.amqp.topology import MARK_TYPE, mark

Outcome = Literal["deleted", "was_gone", "holds_messages", "is_consumed"]
MOST_NAMED: Final = 10
"""Connections of 0.2.0 that a refusal names."""


class CannotRetireError(RuntimeError):
    """Nothing was deleted; the text names the reason and the next step."""


@dataclass(frozen=True)
class Step:
    """The outcome for one exchange or queue; `messages` are those that keep a queue."""

    kind: Literal["mark", "exchange", "queue"]
    name: str
    outcome: Outcome
    messages: int = 0

    @property
    def stays(self) -> bool:
        """Whether it still stands."""
        return self.outcome not in ("deleted", "was_gone")

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return asdict(self)


def find_former_processes(connections: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the connections that processes of 0.2.0 hold: those of today name their release."""
    ours = [one for one in connections if one.get("product") == "lianshan" and "version" not in one]
    return sorted({str(one.get("connection_name", "?")) for one in ours})


def retire(
    connection: Connection, connections: Sequence[Mapping[str, Any]] | None, *, stopped: bool
) -> list[Step]:  # fmt: skip
    """Delete the mark, the exchanges and the empty queues of 0.2.0; return a step for each. May be repeated.

    The mark first, so that no process of 0.2.0 starts any more; then the exchanges, so that nothing is put into the
    queues any more. A queue with messages or a consumer stays. `connections` are those of the broker, None where they
    cannot be seen; then `stopped` is the operator's word that no process of 0.2.0 runs.

    Raises CannotRetireError where one runs, or where today's plan has not been applied.
    """
    _require_todays_plan(connection)
    _require_no_former_process(connections, stopped=stopped)
    lock(connection)  # an `apply` beside this would declare them again
    steps = [_delete_exchange(connection, "mark", FORMER_MARK)]
    steps += [_delete_exchange(connection, "exchange", name) for name in FORMER_EXCHANGES]
    return [*steps, *_delete_queues(connection)]


def _require_todays_plan(connection: Connection) -> None:
    channel = connection.channel()
    try:
        channel.exchange_declare(mark(), MARK_TYPE, passive=True)
    except NotFound:
        raise CannotRetireError(
            "the plan of this release is not applied: run `lianshan topology apply` first"
        ) from None
    channel.close()


def _require_no_former_process(connections: Sequence[Mapping[str, Any]] | None, *, stopped: bool) -> None:
    if connections is None:
        if not stopped:
            raise CannotRetireError(
                "whether a process of 0.2.0 still runs cannot be seen: set LIANSHAN_MANAGEMENT_URL, or give "
                "--former-stopped once you have seen that none does"
            )
        return
    if found := find_former_processes(connections):
        raise CannotRetireError(
            f"processes of 0.2.0 are still connected ({', '.join(found[:MOST_NAMED])}): replace or stop them first"
        )


def _delete_exchange(connection: Connection, kind: Literal["mark", "exchange"], name: str) -> Step:
    channel = connection.channel()
    try:
        channel.exchange_declare(name, passive=True, type="direct")
    except NotFound:
        return Step(kind, name, "was_gone")
    channel.exchange_delete(name)
    channel.close()
    return Step(kind, name, "deleted")


def _delete_queues(connection: Connection) -> Iterator[Step]:
    for queue in former_plan():
        depth = read_depth(connection, queue.name)
        if depth is None:
            yield Step("queue", queue.name, "was_gone")
        elif depth[0]:
            yield Step("queue", queue.name, "holds_messages", depth[0])
        elif depth[1]:
            yield Step("queue", queue.name, "is_consumed")
        elif delete_if_empty(connection, queue.name):  # nothing leads to it any more
            yield Step("queue", queue.name, "deleted")
        else:
            yield Step("queue", queue.name, "holds_messages", 1)
