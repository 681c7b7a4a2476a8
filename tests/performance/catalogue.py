"""The peers: how each is started, fed, watched and cleaned up after."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from pymongo import MongoClient

from shared.contracts.envelope import CONTENT_TYPE
from shared.engine.decide.actor_references import ActorReference
from tests.performance.driver import Publication
from tests.performance.samples import Document, Samples, fill
from tests.performance.servers import Servers, clear_topology, declare_topology, drop_databases
from tests.performance.world import COMMUNITIES, Need, Town

PUBLISHED = "stations.need.published"
ANSWERS = {
    "link": "charity.link.linked", "offer": "volunteering.staffing.confirmed", "ready": "stations.need.ready",
}  # fmt: skip
LIANSHAN_QUEUES = ("stations.events", "charity.events", "volunteering.events")


@dataclass(frozen=True)
class Peer:
    """One way of doing the choreography."""

    name: str
    module: str
    queues: tuple[str, ...]
    exchange: str
    content_type: str
    answers: dict[str, tuple[str, str]]
    """Exchange and binding key of the events that the observer waits for."""
    published_key: str = ""
    """Routing key of a need's publication, where it does not carry the area."""

    @property
    def by_area(self) -> bool:
        """Whether it stands on the platform's own exchange and queues."""
        return not self.published_key

    @property
    def prefix(self) -> str:
        return f"bench_{self.name}_"

    def publications(self, needs: Sequence[Need]) -> list[Publication]:
        """The needs' events, addressed to this peer."""
        return [
            Publication(
                need.id, self.exchange, need.routing_key if self.by_area else self.published_key, need.body,
                self.content_type, need.message_id, PUBLISHED,
            )
            for need in needs
        ]  # fmt: skip

    def need_of(self, body: bytes) -> str:
        """Which need an answer is about."""
        return str(json.loads(body)["data"]["need_id"])


def _lianshan_answers() -> dict[str, tuple[str, str]]:
    return {
        "link": ("lianshan.events", "charity.link.#"),
        "offer": ("lianshan.events", "volunteering.staffing.#"),
        "ready": ("lianshan.events", "stations.need.ready.#"),
    }


OURS = Peer(
    "ours",
    "services.{service}",
    LIANSHAN_QUEUES,
    "lianshan.events",
    CONTENT_TYPE,
    _lianshan_answers(),
)
FLOOR = Peer(
    "floor", "tests.performance.peers.floor {service}", LIANSHAN_QUEUES, "lianshan.events", CONTENT_TYPE,
    _lianshan_answers(),
)  # fmt: skip
STOCK_NAMEKO = Peer(
    "stock_nameko", "tests.performance.peers.stock_nameko {service}",
    (
        "evt-stations-need_published--charity.on_published",
        "evt-stations-need_published--volunteering.on_published",
        "evt-charity-link_linked--stations.on_linked",
        "evt-volunteering-staffing_confirmed--stations.on_confirmed",
    ),
    "stations.events", "application/json",
    {
        "link": ("charity.events", "link_linked"),
        "offer": ("volunteering.events", "staffing_confirmed"),
        "ready": ("stations.events", "need_ready"),
    },
    "need_published",
)  # fmt: skip
FASTSTREAM = Peer(
    "faststream", "tests.performance.peers.faststream_rabbit {service}",
    (
        f"faststream.charity.{PUBLISHED}", f"faststream.volunteering.{PUBLISHED}",
        f"faststream.stations.{ANSWERS['link']}", f"faststream.stations.{ANSWERS['offer']}",
    ),
    "faststream.events", "application/json",
    {what: ("faststream.events", key) for what, key in ANSWERS.items()},
    PUBLISHED,
)  # fmt: skip
PEERS = {peer.name: peer for peer in (OURS, STOCK_NAMEKO, FASTSTREAM, FLOOR)}


def prepare(peer: Peer, servers: Servers, town: Town, samples: Samples) -> None:
    """Fresh queues, and stores in which the town stands."""
    clean(peer, servers)
    if peer.by_area:
        with closing(servers.connect()) as connection:
            declare_topology(connection.channel())
    with servers.mongo() as client:
        for service, collections in town.base.items():
            for collection, rows in collections.items():
                client[peer.prefix + service][collection].insert_many(rows)
        if peer is not OURS:
            _prepare_other(peer, client, samples)


def _prepare_other(peer: Peer, client: MongoClient[Document], samples: Samples) -> None:
    """The things our services make as they start, and the accounts that all but an area's first need find."""
    client[f"{peer.prefix}volunteering"].volunteers.create_index([("area", 1), ("tags", 1), ("taken", 1)])
    used = [fill(samples.used, {samples.area: area}) for area in COMMUNITIES]
    client[f"{peer.prefix}charity"].accounts.insert_many(used)
    new = {"stations": (), "charity": samples.charity_inserts, "volunteering": samples.volunteering_inserts}
    for service, collections in new.items():
        database = client[peer.prefix + service]
        for collection in {*collections, "inbox", "outbox"} - set(database.list_collection_names()):
            database.create_collection(collection)
        database.inbox.create_index("keys", unique=True)


def clean(peer: Peer, servers: Servers) -> None:
    """Nothing of the peer is left on the servers."""
    drop_databases(servers, peer.prefix)
    if peer.by_area:
        clear_topology(servers)
    with closing(servers.connect()) as connection:
        channel = connection.channel()
        for queue in peer.queues:
            channel.queue_delete(queue)


def store_needs(peer: Peer, servers: Servers, needs: Sequence[Need]) -> None:
    """The needs stand in the stations store as published before they are announced."""
    rows: dict[str, dict[object, Document]] = {}
    for need in needs:
        for collection, row in need.documents.items():
            rows.setdefault(collection, {})[row["_id"]] = row
    # All needs have one publisher, whose reference stands after the first of them.
    references = rows.pop(ActorReference.collection, {})
    with servers.mongo() as client:
        stations = client[f"{peer.prefix}stations"]
        for row_id, row in references.items():
            stations[ActorReference.collection].replace_one({"_id": row_id}, row, upsert=True)
        for collection, documents in rows.items():
            stations[collection].insert_many(documents.values(), ordered=False)
