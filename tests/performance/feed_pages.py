"""`python -m tests.performance.feed_pages`: pages of lists and of the feed over full stores, by HTTP.

A gateway of its own reads 1,000,000 needs and 1,000,000 events. Prints p50 and p99 of pages, and events a second of
readers who catch up from the beginning.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from time import monotonic, perf_counter
from typing import Any, Final

import httpx
from pymongo import MongoClient
from pymongo.database import Database
from rich.console import Console

from deploy.lianshan.load.figures import percentile
from services.gateway.declaration import FEATURES
from services.gateway.features.feed.view import INDEXES
from services.gateway.features.needs.view import NeedView
from services.gateway.following.memory import ViewsInMemory
from services.gateway.following.state import stored_name
from services.gateway.projection.feature import partition_of
from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id, first_mark
from shared.contracts.envelope import CloudEvent
from shared.contracts.examples import example_event
from shared.contracts.registry import load_contracts
from shared.engine.decide.schema import Document
from shared.runtime.clock import machine_now
from tests.performance.callers import Call, Caller, calling
from tests.performance.processes import Running, free_port, running_programs
from tests.performance.servers import Servers, declare_topology, drop_databases, servers
from tests.performance.world import DATA_KEY

PREFIX: Final = "bench_pages_"
MANY: Final = 1_000_000
CHUNK: Final = 5_000
PAGES: Final = 300
DISTRICTS: Final = 20
TYPES: Final = (
    "stations.need.registered", "stations.need.published", "charity.link.linked", "volunteering.staffing.confirmed",
    "stations.need.ready", "stations.need.served", "stations.need.confirmed", "volunteering.hours.credited",
    "stations.need.evaluated", "charity.link.delivered",
)  # fmt: skip
STATES: Final = ("draft", "published", "ready", "served", "confirmed")
RARE_STATE: Final = "unmet"
RARE_SHARE: Final = 0.002
START_SECONDS: Final = 60.0
Say = Callable[[str], None]


def area_of(nth: int, draw: Random) -> str:
    """Return a community: one event in twenty is of a district, in ten thousand of a community."""
    return f"1101{nth % DISTRICTS + 1:02}{draw.randint(1, 10):03}{draw.randint(1, 50):03}"


def need_of(nth: int) -> str:
    return f"need_{nth:020}"


def make_events(many: int) -> Iterator[Document]:
    """Yield the rows of the feed, ten events about each need."""
    draw, now, known = Random(1), machine_now(), [example_event(kind) for kind in TYPES]
    for cursor in range(1, many + 1):
        about = (cursor - 1) // len(TYPES)
        event: CloudEvent = known[cursor % len(TYPES)]
        subject, area = need_of(about), area_of(about, draw)
        text = event.model_copy(
            update={"id": f"{subject}.{cursor}", "subject": subject, "area": area}
        ).model_dump_json()
        yield {
            "_id": feed_id(cursor), "version": 1, "cursor": cursor, "type": event.type, "area": area, "event": text,
            "subject": subject, "partition": partition_of(subject), "mark": first_mark(now) + cursor, "schema": 2,
        }  # fmt: skip


def make_views(many: int) -> Iterator[Document]:
    """Yield needs as the lists show them."""
    draw, event = Random(2), example_event("stations.need.published")
    item = FeedItem(
        id=feed_id(1), cursor=1, type=event.type, area=event.area, partition=0, subject=event.subject,
        event=event.model_dump_json(),
    )  # fmt: skip
    views = ViewsInMemory([feature for feature in FEATURES if feature.name == "needs"], machine_now())
    views.apply([item])
    sample: Document = views.one(NeedView, event.subject).to_document()
    for nth in range(many):
        state = RARE_STATE if draw.random() < RARE_SHARE else draw.choice(STATES)
        yield {
            **sample, "_id": need_of(nth), "area": area_of(nth, draw), "state": state, "waiting": nth % 100 == 0,
            "station_id": f"station_{nth % 2_000}",
        }  # fmt: skip


def fill(database: Database[Document], many: int, say: Say) -> None:
    """Fill the store of a gateway that runs."""
    load_contracts()
    for name, rows in (
        (stored_name(NeedView.collection, 1), make_views(many)),
        (FeedItem.collection, make_events(many)),
    ):
        began, chunk = perf_counter(), []
        for row in rows:
            chunk.append(row)
            if len(chunk) == CHUNK:
                database[name].insert_many(chunk, ordered=False)
                chunk = []
        if chunk:
            database[name].insert_many(chunk, ordered=False)
        say(f"{many:,} rows of {name} in {perf_counter() - began:.0f} s")
    head = FeedHead(id=FEED, last=many, epoch="e1", version=1)
    database[FeedHead.collection].replace_one({"_id": FEED}, head.to_document(), upsert=True)


def queries(many: int) -> dict[str, Callable[[Random], str]]:
    """Return by name the paths of pages, each at a random place."""

    def place(draw: Random) -> str:
        return f"e1-{draw.randint(0, many - 1)}"

    def district(draw: Random) -> str:
        return f"1101{draw.randint(1, DISTRICTS):02}"

    return {
        "needs, newest": lambda _: "/v1/needs?limit=50",
        "needs of a district": lambda draw: f"/v1/needs?limit=50&area={district(draw)}",
        "needs of a district by state": lambda draw: f"/v1/needs?limit=50&area={district(draw)}&state=ready",
        "needs of a district in a rare state": lambda draw: (
            f"/v1/needs?limit=50&area={district(draw)}&state={RARE_STATE}"
        ),
        "needs of a station": lambda draw: f"/v1/needs?limit=50&station_id=station_{draw.randint(0, 1_999)}",
        "waiting needs": lambda _: "/v1/needs?limit=50&waiting=true",
        "events": lambda draw: f"/v1/events?limit=100&after={place(draw)}",
        "events of a type": lambda draw: f"/v1/events?limit=100&type={TYPES[0]}&after={place(draw)}",
        "events of a district": lambda draw: f"/v1/events?limit=100&area={district(draw)}&after={place(draw)}",
        "events of a district and type": lambda draw: (
            f"/v1/events?limit=100&area={district(draw)}&type={TYPES[1]}&after={place(draw)}"
        ),
        "events about a need": lambda draw: (
            f"/v1/events?limit=100&subject={need_of(draw.randint(0, many // len(TYPES) - 1))}"
        ),
    }


CATCH_UPS: Final = {
    "everything": "",
    "a district": "&area=110103",
    "a district and type": f"&area=110103&type={TYPES[1]}",
    "a street": "&area=110103004",
    "a street and type": f"&area=110103004&type={TYPES[1]}",
    "a type": f"&type={TYPES[1]}",
}


async def measure_pages(caller: Caller, many: int) -> dict[str, dict[str, float]]:
    """Return p50 and p99 of each kind of page, in milliseconds."""
    draw, found = Random(3), {}
    for name, path in queries(many).items():
        taken = []
        for _ in range(PAGES):
            began = perf_counter()
            status, body = await caller.send(Call(f"GET {path(draw)}"))
            taken.append((perf_counter() - began) * 1000)
            if status != httpx.codes.OK:
                raise RuntimeError(f"{name}: {status} {body[:200]!r}")
        found[name] = {f"p{share * 100:.0f}_ms": round(percentile(taken, share) or 0, 1) for share in (0.5, 0.99)}
    return found


async def measure_catch_ups(caller: Caller, most_seconds: float) -> dict[str, dict[str, float]]:
    """Return for each filter the events a second of a reader from the beginning, and its longest page."""
    found = {}
    for name, asked in CATCH_UPS.items():
        after, events, longest, began = "0", 0, 0.0, perf_counter()
        while after is not None and perf_counter() < began + most_seconds:
            sent = perf_counter()
            _, body = await caller.send(Call(f"GET /v1/events?limit=1000&after={after}{asked}"))
            longest = max(longest, perf_counter() - sent)
            page = json.loads(body)
            events += len(page["items"])
            after = page["next"]
        per_second = events / (perf_counter() - began)
        found[name] = {"events": events, "per_s": round(per_second), "longest_ms": round(longest * 1000, 1)}
    return found


def await_gateway(gateway: Running, url: str, key_file: Path) -> str:
    """Wait until it is ready; return its admin key."""
    end = monotonic() + START_SECONDS
    while monotonic() < end:
        gateway.check()
        try:
            ready = httpx.get(f"{url}/readyz", trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            ready = False
        if ready and key_file.exists():
            return key_file.read_text().strip()
    raise TimeoutError("the gateway is not ready in time")


async def measure(url: str, key: str, many: int, seconds: float) -> dict[str, Any]:
    """Return all figures."""
    async with calling(url, key, 1) as (caller,):
        return {"pages": await measure_pages(caller, many), "catch_up": await measure_catch_ups(caller, seconds)}


def over_full_stores(used: Servers, folder: Path, options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Start a gateway over a store of its own, fill that, and measure."""
    port, key_file = free_port(), folder.absolute() / "admin_key"
    key_file.unlink(missing_ok=True)
    environment = {
        "LIANSHAN_AMQP_URI": used.amqp_uri, "LIANSHAN_MONGO_URI": used.mongo_uri, "LIANSHAN_DATABASE_PREFIX": PREFIX,
        "LIANSHAN_DATA_KEY": DATA_KEY, "LIANSHAN_LOG_LEVEL": "warning", "LIANSHAN_HTTP_PORT": str(port),
        "LIANSHAN_ADMIN_KEY_FILE": str(key_file),
    }  # fmt: skip
    drop_databases(used, PREFIX)
    with closing(used.connect()) as connection:
        declare_topology(connection.channel(), gateway=True)
    try:
        with running_programs({"gateway": ["services.gateway"]}, environment, folder) as gateway:
            url = f"http://127.0.0.1:{port}"
            key = await_gateway(gateway, url, key_file)
            with MongoClient[Document](used.mongo_uri) as client:
                database = client[f"{PREFIX}gateway"]
                database[FeedItem.collection].create_indexes(list(INDEXES[FeedItem.collection]))
                fill(database, options.many, say)
            return asyncio.run(measure(url, key, options.many, options.seconds))
    finally:
        drop_databases(used, PREFIX)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY, help="needs, and events")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each reader who catches up")
    parser.add_argument("--folder", type=Path, default=Path("var/feed_pages"))
    options = parser.parse_args()
    console = Console(width=120)
    with servers(options.folder / "servers") as used:
        console.print_json(data=over_full_stores(used, options.folder, options, console.print))
    return 0


if __name__ == "__main__":
    sys.exit(main())
