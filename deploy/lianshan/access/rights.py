"""The users and their rights. Pure; docs/security.md gives the reasons in words.

The rights on RabbitMQ are three regular expressions over the names of queues and exchanges: for declaring, for writing
and binding, for reading. Topic exchanges have two more over routing keys: https://www.rabbitmq.com/docs/access-control
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypedDict

from shared.contracts.subscriptions import (
    ANSWERS_EXCHANGE,
    ARCHIVE_STREAM,
    COMMANDED,
    COMMANDS_EXCHANGE,
    EVENTS_EXCHANGE,
    SUBSCRIPTIONS,
)
from shared.engine.amqp.former_topology import dead_queue, requeue_exchange
from shared.engine.amqp.topology import apart_exchange, commands_queue, events_queue
from shared.people.journal import journal_database

RPC_EXCHANGE: Final = "nameko-rpc"
GATEWAY: Final = "gateway"
APART: Final = tuple(map(apart_exchange, (ARCHIVE_STREAM, *map(events_queue, SUBSCRIPTIONS))))
"""The exchanges that lead to one reader of events each."""
REPLIES: Final = r"gateway\.replies\."
NOTHING: Final = "^$"
OWNER: Final = "stations"
"""The service that owns the catalogue, and the journal of erasures."""
JOURNAL: Final = journal_database("")
"""The database with the copy of the journal of erasures."""
CATALOGUE: Final = r"|stations\.find_entries$"
NOTHING_MORE: Final = ""
EVERYTHING: Final = ".*"
_ROWS: Final = ("find", "insert", "update", "remove")
_MADE: Final = ("createCollection", "createIndex")
_WEBHOOK_ACTIONS: Final[Mapping[str, Sequence[str]]] = {
    "": ("listCollections",),
    "feed": ("find",),
    "feed_head": ("find",),
    "keys": ("find",),
    "schema": ("find",),
    "control": ("find",),
    "release": ("find", "insert", "update"),
    "clock": _ROWS,
    "webhooks": ("find", "update", *_MADE),
    "webhook_deliveries": (*_ROWS, *_MADE),
    "webhook_workers": (*_ROWS, *_MADE),
    "audit": ("insert",),
}
OBSERVED: Final = r"observer\..*|amq\.gen-.*"
"""An observer's own queues: of a name beginning so, or named by the broker."""


@dataclass(frozen=True)
class Topic:
    """Regular expressions over the routing keys of a topic exchange: for publishing, for binding."""

    write: str
    read: str


class BrokerRights(TypedDict):
    """The rights on RabbitMQ as `--json` prints them."""

    configure: str
    write: str
    read: str
    topics: dict[str, dict[str, str]]
    tags: list[str]


class RightsJson(TypedDict):
    """The rights of a user as `--json` prints them; MongoDB's roles by database, and under `cluster`.

    `actions` are those of a role of its own, by database and collection; `""` stands for the database itself.
    """

    user: str
    rabbitmq: BrokerRights
    mongodb: dict[str, list[str]]
    actions: dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Rights:
    """The rights of one user on both servers. `databases` are services' names, each with the roles there."""

    user: str
    configure: str
    write: str
    read: str
    topics: Mapping[str, Topic] = field(default_factory=dict)
    tags: Sequence[str] = ()
    databases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cluster: Sequence[str] = ()
    """Roles over the whole of MongoDB."""
    actions: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """The actions of a role of its own, by database and collection, where MongoDB's roles grant too much."""

    def to_json(self) -> RightsJson:
        """Return them as `--json` prints them."""
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
            "actions": {
                name: {collection: list(granted) for collection, granted in found.items()}
                for name, found in self.actions.items()
            },
        }


def list_rights() -> list[Rights]:
    """Return the rights of every user: services, gateway, projector, webhooks, observer, operator."""
    return [
        *(_of_service(name) for name in COMMANDED),
        _of_gateway(),
        _of_projector(),
        _of_webhooks(),
        _of_observer(),
        _of_operator(),
    ]


def list_users() -> list[str]:
    """Return the names of all users."""
    return [one.user for one in list_rights()]


def _of_service(name: str) -> Rights:
    rpc_queue = f"rpc-{name}"
    others = [other for other in COMMANDED if other != name]
    # Stations answer every service that asks; the others ask stations for the catalogue, and are answered on queues of
    # their own.
    asks = CATALOGUE if name != OWNER else NOTHING_MORE
    answered = REPLIES if name != OWNER else rf"{REPLIES}|({'|'.join(others)})\.replies\."
    own_replies = rf"{name}\.replies\..*"
    events = (EVENTS_EXCHANGE, *APART)
    published = (*events, ANSWERS_EXCHANGE, requeue_exchange(events_queue(name)))
    own_queues = (events_queue(name), commands_queue(name))
    # Replicas of 0.2 still put their dead letters into queues; a service moves them into its store.
    consumed = (*own_queues, *map(dead_queue, own_queues), ARCHIVE_STREAM)
    return Rights(
        user=name,
        # nameko declares the queue of its service's RPC, and the exchange that all share.
        configure=_match(re.escape(rpc_queue), re.escape(RPC_EXCHANGE), own_replies),
        # Not the default exchange: with it one may put a message into any queue.
        write=_match(*map(re.escape, (*published, rpc_queue, RPC_EXCHANGE)), own_replies),
        read=_match(*map(re.escape, (*consumed, rpc_queue, RPC_EXCHANGE)), own_replies),
        topics={
            **dict.fromkeys(events, Topic(write=rf"^{name}\.", read=NOTHING)),
            RPC_EXCHANGE: Topic(write=f"^({answered}{asks})", read=rf"^{name}\."),
        },
        databases={name: ["readWrite"], **({JOURNAL: ["readWrite"]} if name == OWNER else {})},
    )


def _of_gateway() -> Rights:
    services = "|".join(COMMANDED)
    return Rights(
        user=GATEWAY,
        configure=_match(f"{REPLIES}.*", re.escape(RPC_EXCHANGE)),
        write=_match(f"{REPLIES}.*", re.escape(RPC_EXCHANGE), re.escape(COMMANDS_EXCHANGE)),
        read=_match(f"{REPLIES}.*", re.escape(RPC_EXCHANGE), re.escape(ANSWERS_EXCHANGE)),
        topics={RPC_EXCHANGE: Topic(write=rf"^({services})\.", read=f"^{REPLIES}")},
        databases={GATEWAY: ["readWrite"]},
    )


def _of_projector() -> Rights:
    queue = events_queue(GATEWAY)
    return Rights(
        user="projector",
        configure=NOTHING,
        write=_match_names(requeue_exchange(queue)),
        read=_match_names(queue, dead_queue(queue), ARCHIVE_STREAM),
        databases={GATEWAY: ["readWrite"]},
    )


def _of_webhooks() -> Rights:
    # This process calls strangers. So it has nothing of RabbitMQ; it reads no view, makes no key and no webhook, and
    # writes neither the feed nor the audit's past.
    return Rights(user="webhooks", configure=NOTHING, write=NOTHING, read=NOTHING, actions={GATEWAY: _WEBHOOK_ACTIONS})


def _of_observer() -> Rights:
    return Rights(
        user="observer",
        configure=_match(OBSERVED),
        write=_match(OBSERVED),
        # Not the log: it has private events, and no rights by routing keys.
        read=_match(OBSERVED, re.escape(EVENTS_EXCHANGE)),
        topics={EVENTS_EXCHANGE: Topic(write=NOTHING, read=EVERYTHING)},
        tags=["monitoring"],
        cluster=["clusterMonitor"],
    )


def _of_operator() -> Rights:
    # Repairs create, move and delete every queue and read every store.
    return Rights(
        user="operator",
        configure=EVERYTHING,
        write=EVERYTHING,
        read=EVERYTHING,
        tags=["monitoring"],
        databases={name: ["readWrite", "dbAdmin"] for name in (*SUBSCRIPTIONS, JOURNAL)},
        cluster=["clusterMonitor"],
    )


def _match_names(*names: str) -> str:
    return _match(*map(re.escape, names))


def _match(*expressions: str) -> str:
    return f"^({'|'.join(expressions)})$"
