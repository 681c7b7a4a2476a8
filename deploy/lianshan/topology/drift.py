"""The drift of a broker: every difference of its state from the plan, with the next step. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from deploy.lianshan.topology.state import Arguments, Binding, BrokerState, Policy
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.former_topology import EXCHANGES_BESIDE_FORMER, FORMER_MARK, plan_beside_former
from shared.engine.amqp.topology import EXCHANGES, QueuePlan, commands_queue, events_queue, mark, plan

MOVING: Final = ".moving"
"""Ends the name of the queue where messages wait while their own queue is replaced."""
_APPLY: Final = "lianshan topology apply"
_REFUSES: Final = "reject-publish"
"""Begins the values of `x-overflow` by which a full queue refuses: `reject-publish`, `reject-publish-dlx`."""
_ARGUMENT_OF: Final = {
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
"""The queue argument that each key of a policy stands for."""
_LOWERED: Final = frozenset({"delivery-limit", "max-length", "max-length-bytes", "message-ttl", "expires"})
"""Of these RabbitMQ takes the lower where an argument and a policy both set one; of the others, the argument.
https://www.rabbitmq.com/docs/parameters#operator-policies
"""


@dataclass(frozen=True)
class Drift:
    """One difference and the next step. `wanted` and `found` are of the plan and of the broker, None for absent."""

    kind: str
    name: str
    detail: str
    wanted: object = None
    found: object = None
    next: str = _APPLY

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return asdict(self)


def plan_for(state: BrokerState) -> list[QueuePlan]:
    """Return the queues that must stand: with those of release 0.2.0 until they are retired, where it has run."""
    return plan_beside_former() if FORMER_MARK in state.exchanges else plan()


def find_drift(state: BrokerState) -> list[Drift]:
    """Return every difference: first in the plan's order, then the queues beyond the plan, bindings, policies."""
    queues = plan_for(state)
    found = [*_compare_exchanges(state), *(drift for queue in queues for drift in _compare_queue(queue, state))]
    found += _find_left_over(queues, state)
    if state.bindings is not None:
        found += _compare_bindings(queues, state)
    found += _find_refusing(queues, state)
    for policy in state.policies or ():
        found += _compare_policy(policy, queues)
    # The mark is set last. Where something else is missing, that is the news.
    if not found and mark() not in state.exchanges:
        words = "all stands as planned, but this plan was never applied to its end: no service starts without its mark"
        found.append(Drift("missing mark", mark(), words))
    return found


def list_unseen(state: BrokerState) -> list[str]:
    """Return the parts of the state that could not be seen: they are not called well."""
    parts = {"bindings": state.bindings, "policies": state.policies}
    return [name for name, seen in parts.items() if seen is None]


def _compare_exchanges(state: BrokerState) -> Iterator[Drift]:
    for name, kind in (EXCHANGES_BESIDE_FORMER if FORMER_MARK in state.exchanges else EXCHANGES).items():
        standing = state.exchanges.get(name)
        if standing is None:
            yield Drift("missing exchange", name, f"there is no {kind} exchange", kind, None)
        elif standing != kind:
            todo = (
                f"stop the services, delete the exchange {name}, then {_APPLY}: events wait in the outboxes meanwhile"
            )
            yield Drift("different exchange", name, f"is of type {standing}, not {kind}", kind, standing, todo)


def _compare_queue(queue: QueuePlan, state: BrokerState) -> Iterator[Drift]:
    standing = state.queues.get(queue.name)
    if standing is None:
        yield Drift("missing queue", queue.name, "there is no such queue", dict(queue.arguments), None)
        return
    for name in sorted(queue.arguments.keys() | standing.keys()):
        wanted, found = queue.arguments.get(name), standing.get(name)
        if wanted != found:
            words = f"{name} is {_describe(found)}, not {_describe(wanted)}"
            yield Drift("different queue", queue.name, words, wanted, found)


def _find_left_over(queues: Sequence[QueuePlan], state: BrokerState) -> Iterator[Drift]:
    planned = {queue.name for queue in queues}
    own = tuple([f"{events_queue(s)}." for s in SUBSCRIPTIONS] + [f"{commands_queue(s)}." for s in COMMANDED])
    for name in sorted(state.queues.keys() - planned):
        base = name.removesuffix(MOVING)
        if name.endswith(MOVING) and base in planned:
            yield Drift("unfinished move", base, f"messages of it may still wait in {name}")
        # Queues of agencies and replies of gateways are nobody's business here.
        elif name.startswith(own):
            todo = f"see what it holds: nothing of today's plan uses {name}; `lianshan topology retire` deletes it"
            yield Drift("left-over queue", name, "stands, and is not in the plan", None, name, todo)


def _compare_bindings(queues: Sequence[QueuePlan], state: BrokerState) -> Iterator[Drift]:
    present = state.bindings or frozenset()
    for queue in queues:
        wanted = {(exchange, key, queue.name) for exchange, key in queue.bindings}
        # Every queue is bound to the default exchange as well, which no plan names.
        standing = {b for b in present if b[2] == queue.name and b[0] in EXCHANGES_BESIDE_FORMER}
        for exchange, key, name in sorted(wanted - standing):
            yield Drift("missing binding", name, f"is not bound to {exchange} with {key}", [exchange, key], None)
        for exchange, key, name in sorted(standing - wanted):
            yield Drift("stale binding", name, f"is bound to {exchange} with {key}", None, [exchange, key])


def list_refusing(queues: Iterable[QueuePlan], state: BrokerState) -> list[Binding]:
    """Return the bindings of queues beyond the plan that refuse a message when they are full, in order.

    RabbitMQ then refuses the publisher the whole message, although every other queue has it: the outbox sends it again
    and again. A policy overrides the argument of a quorum queue, and of no classic one (seen on RabbitMQ 3.10).
    """
    planned = {queue.name for queue in queues}
    refusing = {
        name
        for name, arguments in state.queues.items()
        if name not in planned and _is_refusing(name, arguments, state.policies or ())
    }
    # Every queue is bound to the default exchange, which cannot be undone, and nothing is published there by its name.
    return sorted(binding for binding in state.bindings or () if binding[2] in refusing and binding[0])


def _is_refusing(name: str, arguments: Arguments, policies: Iterable[Policy]) -> bool:
    if not str(arguments.get("x-overflow", "")).startswith(_REFUSES):
        return False
    ruled = [policy for policy in policies if "overflow" in policy.definition and re.search(policy.pattern, name)]
    return not (ruled and arguments.get("x-queue-type") == "quorum")


def _find_refusing(queues: Iterable[QueuePlan], state: BrokerState) -> Iterator[Drift]:
    for exchange, key, name in list_refusing(queues, state):
        found = state.queues[name]["x-overflow"]
        words = f"is an agency's, is bound to {exchange} with {key} and refuses events when it is full: publishers wait"
        todo = (
            f"{_APPLY} unbinds it; the agency declares a queue without x-overflow and reads missed events in the feed"
        )
        yield Drift("refusing queue", name, words, "drop-head", found, todo)


def _compare_policy(policy: Policy, queues: Iterable[QueuePlan]) -> Iterator[Drift]:
    for queue in queues:
        if re.search(policy.pattern, queue.name) is None:
            continue
        for key, value in policy.definition.items():
            argument = _ARGUMENT_OF.get(key)
            if argument is None or not _has_effect(key, value, queue.arguments, argument):
                continue
            words = f"the policy {policy.name} sets {key} to {_describe(value)}"
            todo = (
                f"narrow the pattern of the policy {policy.name} or remove it: rabbitmqctl clear_policy {policy.name}"
            )
            yield Drift("policy", queue.name, words, queue.arguments.get(argument), value, todo)


def _has_effect(key: str, value: object, arguments: Arguments, argument: str) -> bool:
    wanted = arguments.get(argument)
    if wanted is None:
        return True
    if key in _LOWERED and isinstance(value, int) and isinstance(wanted, int):
        return 0 <= value < wanted
    return False


def _describe(value: object) -> str:
    return "not set" if value is None else str(value)
