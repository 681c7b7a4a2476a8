"""How what stands differs from what is wanted. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from deploy.lianshan.topology.standing import Policy, Standing
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.topology import EXCHANGES, QueuePlan, commands_queue, events_queue, mark

MOVING: Final = ".moving"
"""Ends the name of the queue where messages wait while their own queue is made anew."""
_APPLY: Final = "lianshan topology apply"
_FROM_POLICY: Final = {
    "delivery-limit": "x-delivery-limit",
    "max-length": "x-max-length",
    "max-length-bytes": "x-max-length-bytes",
    "overflow": "x-overflow",
    "message-ttl": "x-message-ttl",
    "dead-letter-exchange": "x-dead-letter-exchange",
    "dead-letter-routing-key": "x-dead-letter-routing-key",
    "dead-letter-strategy": "x-dead-letter-strategy",
    "expires": "x-expires",
}
_LOWERS: Final = frozenset({"delivery-limit", "max-length", "max-length-bytes", "message-ttl", "expires"})
"""Of these RabbitMQ takes the lower where an argument and a policy both say one; of the others, the argument."""


@dataclass(frozen=True)
class Drift:
    """One difference and what to do about it."""

    kind: str
    name: str
    detail: str
    wanted: Any = None
    found: Any = None
    next: str = _APPLY

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return asdict(self)


def find_drift(queues: Sequence[QueuePlan], standing: Standing) -> list[Drift]:
    """Every difference, the plan's order first, then what is there beyond the plan."""
    found = [*_exchanges(standing), *(drift for queue in queues for drift in _queue(queue, standing))]
    found += _left_over(queues, standing)
    if standing.bindings is not None:
        found += _bindings(queues, standing)
    for policy in standing.policies or ():
        found += _policy(policy, queues)
    if not found and mark() not in standing.exchanges:
        words = "all stands as planned, but this plan was never applied to its end: no service starts without its mark"
        found.append(Drift("missing mark", mark(), words))
    return found


def unchecked(standing: Standing) -> list[str]:
    """What could not be seen."""
    parts = {"bindings": standing.bindings, "policies": standing.policies}
    return [name for name, seen in parts.items() if seen is None]


def own_queue_prefixes() -> tuple[str, ...]:
    """How the names of our own queues begin."""
    return tuple([f"{events_queue(s)}" for s in SUBSCRIPTIONS] + [f"{commands_queue(s)}" for s in COMMANDED])


def _exchanges(standing: Standing) -> Iterator[Drift]:
    for name, kind in EXCHANGES.items():
        stands = standing.exchanges.get(name)
        if stands is None:
            yield Drift("missing exchange", name, f"there is no {kind} exchange", kind, None)
        elif stands != kind:
            todo = (
                f"stop the services, delete the exchange {name}, then {_APPLY}: events wait in the outboxes meanwhile"
            )
            yield Drift("different exchange", name, f"is of type {stands}, not {kind}", kind, stands, todo)


def _queue(queue: QueuePlan, standing: Standing) -> Iterator[Drift]:
    stands = standing.queues.get(queue.name)
    if stands is None:
        yield Drift("missing queue", queue.name, "there is no such queue", dict(queue.arguments), None)
        return
    for name in sorted(queue.arguments.keys() | stands.keys()):
        wanted, found = queue.arguments.get(name), stands.get(name)
        if wanted != found:
            words = f"{name} is {_word(found)}, not {_word(wanted)}"
            yield Drift("different queue", queue.name, words, wanted, found)


def _left_over(queues: Sequence[QueuePlan], standing: Standing) -> Iterator[Drift]:
    planned = {queue.name for queue in queues}
    for name in sorted(standing.queues.keys() - planned):
        base = name.removesuffix(MOVING)
        if name.endswith(MOVING) and base in planned:
            yield Drift("unfinished move", base, f"messages of it may still wait in {name}")
        elif name.startswith(tuple(f"{prefix}." for prefix in own_queue_prefixes())):
            todo = f"see what it holds; when it is empty, delete it: nothing of today's plan uses {name}"
            yield Drift("left-over queue", name, "stands, and is not in the plan", None, name, todo)


def _bindings(queues: Sequence[QueuePlan], standing: Standing) -> Iterator[Drift]:
    present = standing.bindings or frozenset()
    for queue in queues:
        wanted = {(exchange, key, queue.name) for exchange, key in queue.bindings}
        stands = {b for b in present if b[2] == queue.name and b[0] in EXCHANGES}
        for exchange, key, name in sorted(wanted - stands):
            yield Drift("missing binding", name, f"is not bound to {exchange} with {key}", [exchange, key], None)
        for exchange, key, name in sorted(stands - wanted):
            yield Drift("stale binding", name, f"is bound to {exchange} with {key}", None, [exchange, key])


def _policy(policy: Policy, queues: Iterable[QueuePlan]) -> Iterator[Drift]:
    for queue in queues:
        if re.search(policy.pattern, queue.name) is None:
            continue
        for key, said in policy.definition.items():
            argument = _FROM_POLICY.get(key)
            if argument is None or not _changes(key, said, queue.arguments, argument):
                continue
            words = f"the policy {policy.name} sets {key} to {_word(said)}"
            todo = (
                f"narrow the pattern of the policy {policy.name} or remove it: rabbitmqctl clear_policy {policy.name}"
            )
            yield Drift("policy", queue.name, words, queue.arguments.get(argument), said, todo)


def _changes(key: str, said: Any, arguments: Mapping[str, Any], argument: str) -> bool:
    wanted = arguments.get(argument)
    if wanted is None:
        return True
    if key in _LOWERS and isinstance(said, int):
        return bool(0 <= said < wanted)
    return False


def _word(value: Any) -> str:
    return "not set" if value is None else str(value)
