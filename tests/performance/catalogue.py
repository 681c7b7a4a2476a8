"""The peers: how each is started, fed, watched and cleaned up after."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from shared.contracts.envelope import CONTENT_TYPE, routing_key
from tests.performance import documents
from tests.performance.driver import Publication
from tests.performance.servers import Servers, clear_topology, declare_topology, drop_databases
from tests.performance.world import Town, need_id

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
    by_area: bool
    """Whether routing keys carry the area."""

    @property
    def prefix(self) -> str:
        return f"bench_{self.name}_"

    def publications(self, town: Town, run: str, count: int) -> list[Publication]:
        """The events of so many needs, addressed to this peer."""
        return [self._publication(town, run, nth) for nth in range(count)]

    def _publication(self, town: Town, run: str, nth: int) -> Publication:
        event = town.published(town.need(run, nth))
        key = routing_key(PUBLISHED, event.area) if self.by_area else self.routing_key
        body = event.model_dump_json().encode()
        return Publication(need_id(run, nth), self.exchange, key, body, self.content_type, event.id, PUBLISHED)

    @property
    def routing_key(self) -> str:
        return "need_published" if self.name == "stock_nameko" else PUBLISHED

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
    "ours", "services.{service}", LIANSHAN_QUEUES, "lianshan.events", CONTENT_TYPE, _lianshan_answers(), by_area=True
)
FLOOR = Peer(
    "floor", "tests.performance.peers.floor {service}", LIANSHAN_QUEUES, "lianshan.events", CONTENT_TYPE,
    _lianshan_answers(), by_area=True,
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
    by_area=False,
)  # fmt: skip
FASTSTREAM = Peer(
    "faststream", "tests.performance.peers.faststream_rabbit {service}",
    (
        f"faststream.charity.{PUBLISHED}", f"faststream.volunteering.{PUBLISHED}",
        f"faststream.stations.{ANSWERS['link']}", f"faststream.stations.{ANSWERS['offer']}",
    ),
    "faststream.events", "application/json",
    {what: ("faststream.events", key) for what, key in ANSWERS.items()},
    by_area=False,
)  # fmt: skip
PEERS = {peer.name: peer for peer in (OURS, STOCK_NAMEKO, FASTSTREAM, FLOOR)}


def prepare(peer: Peer, servers: Servers) -> None:
    """Fresh queues and stores for the peer."""
    clean(peer, servers)
    if peer.by_area:
        with closing(servers.connect()) as connection:
            declare_topology(connection.channel())
    if peer is not OURS:
        _seed_peer(peer, servers)


def clean(peer: Peer, servers: Servers) -> None:
    """Nothing of the peer is left on the servers."""
    drop_databases(servers, peer.prefix)
    if peer.by_area:
        clear_topology(servers)
    with closing(servers.connect()) as connection:
        channel = connection.channel()
        for queue in peer.queues:
            channel.queue_delete(queue)


def _seed_peer(peer: Peer, servers: Servers) -> None:
    with servers.mongo() as client:
        client[f"{peer.prefix}charity"].accounts.insert_many(documents.accounts())
        volunteers = client[f"{peer.prefix}volunteering"].volunteers
        volunteers.create_index([("area", 1), ("skills", 1), ("load", 1)])
        volunteers.insert_many(documents.volunteers())
        for service, collections in COLLECTIONS.items():
            for collection in collections:
                client[peer.prefix + service][collection].find_one()


COLLECTIONS = {
    "stations": ("needs", "inbox", "outbox"),
    "charity": ("links", "transfers", "inbox", "outbox"),
    "volunteering": ("staffings", "dispatches", "inbox", "outbox"),
}


def store_needs(peer: Peer, servers: Servers, publications: Sequence[Publication]) -> None:
    """The needs stand in the stations store as published before they are announced."""
    make: Callable[[dict[str, Any]], dict[str, Any]] = documents.need
    with servers.mongo() as client:
        needs = client[f"{peer.prefix}stations"].needs
        needs.insert_many([make(json.loads(p.body)["data"]) for p in publications], ordered=False)
