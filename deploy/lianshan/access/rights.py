"""The users and their rights. Pure; docs/security.md gives the reasons in words.

What a user may do on RabbitMQ is three regular expressions over the names of queues and exchanges, for declaring, for
writing and binding, for reading, and for topic exchanges two more over routing keys:
https://www.rabbitmq.com/docs/access-control
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.contracts.subscriptions import (
    ANSWERS_EXCHANGE,
    ARCHIVE_STREAM,
    COMMANDED,
    COMMANDS_EXCHANGE,
    EVENTS_EXCHANGE,
    SUBSCRIPTIONS,
)
from shared.engine.amqp.topology import commands_queue, events_queue, requeue_exchange

RPC_EXCHANGE: Final = "nameko-rpc"
GATEWAY: Final = "gateway"
REPLIES: Final = r"gateway\.replies\."
NOTHING: Final = "^$"
EVERYTHING: Final = ".*"
OBSERVED: Final = r"observer\..*|amq\.gen-.*"
"""An observer's own queues: of a name beginning so, or named by the broker."""


@dataclass(frozen=True)
class Topic:
    """Which routing keys of one topic exchange: for publishing, for binding."""

    write: str
    read: str


@dataclass(frozen=True)
class Rights:
    """One user of both servers. `databases` are the services' names, each with the roles there."""

    user: str
    configure: str
    write: str
    read: str
    topics: Mapping[str, Topic] = field(default_factory=dict)
    tags: Sequence[str] = ()
    databases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cluster: Sequence[str] = ()
    """Roles over the whole of MongoDB."""

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "user": self.user,
            "rabbitmq": {
                "configure": self.configure,
                "write": self.write,
                "read": self.read,
                "topics": {name: {"write": t.write, "read": t.read} for name, t in self.topics.items()},
                "tags": list(self.tags),
            },
            "mongodb": {**{name: list(roles) for name, roles in self.databases.items()}, "cluster": list(self.cluster)},
        }


def rights() -> list[Rights]:
    """Everyone."""
    return [*(_service(name) for name in COMMANDED), _gateway(), _projector(), _observer(), _operator()]


def _service(name: str) -> Rights:
    rpc_queue = f"rpc-{name}"
    letters = requeue_exchange(events_queue(name))
    return Rights(
        user=name,
        # nameko declares the queue of its own RPC, and the exchange of everybody's.
        configure=_only(rpc_queue, RPC_EXCHANGE),
        write=_only(EVENTS_EXCHANGE, ANSWERS_EXCHANGE, letters, rpc_queue, RPC_EXCHANGE),
        read=_only(events_queue(name), commands_queue(name), rpc_queue, RPC_EXCHANGE),
        topics={
            EVENTS_EXCHANGE: Topic(write=rf"^{name}\.", read=NOTHING),
            RPC_EXCHANGE: Topic(write=f"^{REPLIES}", read=rf"^{name}\."),
        },
        databases={name: ["readWrite"]},
    )


def _gateway() -> Rights:
    services = "|".join(COMMANDED)
    return Rights(
        user=GATEWAY,
        configure=_matching(f"{REPLIES}.*", re.escape(RPC_EXCHANGE)),
        write=_matching(f"{REPLIES}.*", re.escape(RPC_EXCHANGE), re.escape(COMMANDS_EXCHANGE)),
        read=_matching(f"{REPLIES}.*", re.escape(RPC_EXCHANGE), re.escape(ANSWERS_EXCHANGE)),
        topics={RPC_EXCHANGE: Topic(write=rf"^({services})\.", read=f"^{REPLIES}")},
        databases={GATEWAY: ["readWrite"]},
    )


def _projector() -> Rights:
    queue = events_queue(GATEWAY)
    return Rights(
        user="projector",
        configure=NOTHING,
        write=_only(requeue_exchange(queue)),
        read=_only(queue),
        databases={GATEWAY: ["readWrite"]},
    )


def _observer() -> Rights:
    return Rights(
        user="observer",
        configure=_matching(OBSERVED),
        write=_matching(OBSERVED),
        read=_matching(OBSERVED, re.escape(EVENTS_EXCHANGE), re.escape(ARCHIVE_STREAM)),
        topics={EVENTS_EXCHANGE: Topic(write=NOTHING, read=EVERYTHING)},
        tags=["monitoring"],
        cluster=["clusterMonitor"],
    )


def _operator() -> Rights:
    return Rights(
        user="operator",
        configure=EVERYTHING,
        write=EVERYTHING,
        read=EVERYTHING,
        tags=["monitoring"],
        databases={name: ["readWrite", "dbAdmin"] for name in SUBSCRIPTIONS},
        cluster=["clusterMonitor"],
    )


def _only(*names: str) -> str:
    return _matching(*map(re.escape, names))


def _matching(*expressions: str) -> str:
    return f"^({'|'.join(expressions)})$"


def users() -> Iterable[str]:
    """Their names."""
    return [one.user for one in rights()]
