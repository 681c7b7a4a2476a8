"""A hundred large bodies at once stay within a stated memory: those beyond the budget wait with their senders."""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from gateway_stack import RunningGateway, need, running_gateway
from stacks import NO_TLS, Servers

from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id
from shared.contracts.messages import MAX_COMMAND_BYTES

pytestmark = [pytest.mark.integration, pytest.mark.long]
BODIES = 100
BODY_BYTES = 8 * 1024 * 1024
MOST_MIB = 384
"""The most that the gateway takes with its default budget; its pod has 512 MiB."""


def largest_batch() -> bytes:
    """Two hundred needs, as much as one body may have."""
    lines = [{"kind": "money", "amount_fen": 100, "purpose": "善" * 676} for _ in range(20)]
    body = json.dumps({"needs": [need("station_unknown", lines=lines)] * 200}, ensure_ascii=False).encode()
    assert BODY_BYTES * 0.95 < len(body) <= BODY_BYTES, len(body)
    return body


def peak_mib(gateway: RunningGateway) -> float:
    status = Path(f"/proc/{gateway.processes['gateway'].pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.fixture(scope="module")
def small(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """The API and one service."""
    with running_gateway(servers, tmp_path_factory.mktemp("memory"), ["stations", "gateway"]) as gateway:
        yield gateway


def test_a_hundred_bodies_of_8_mib_at_once_stay_within_the_stated_memory(small: RunningGateway) -> None:
    body = largest_batch()
    key = small.key_file.read_text().strip()

    def post(_: int) -> int:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with httpx.Client(timeout=120, verify=NO_TLS) as client:
            try:
                return client.post(f"{small.url}/v1/needs:batch", content=body, headers=headers).status_code
            except httpx.TransportError:
                return 503  # the refusal came while the body was still being sent

    with ThreadPoolExecutor(BODIES) as pool:
        statuses = list(pool.map(post, range(BODIES)))
    assert set(statuses) <= {200, 207, 503}
    assert min(statuses) < 300, "some of them are taken"
    assert peak_mib(small) < MOST_MIB, f"{peak_mib(small):.0f} MiB"
    with small.client() as api:
        assert api.get("/v1/needs").status_code == 200, "and the gateway goes on"


def test_a_batch_larger_than_a_command_is_split_and_every_need_is_answered_in_its_place(small: RunningGateway) -> None:
    body = largest_batch()
    assert len(body) > 20 * MAX_COMMAND_BYTES
    with small.client() as api:
        answer = api.post(
            "/v1/needs:batch", content=body, headers={"Content-Type": "application/json", "Idempotency-Key": "once"}
        )
        assert answer.status_code in {200, 207}, answer.text[:500]
        items = answer.json()["items"]
        assert [item["status"] for item in items] == [404] * 200
        assert {item["error"]["rule"] for item in items} == {"unknown_id"}


READERS = 200
EVENTS = 10_000
MOST_OF_READERS_MIB = 80
"""The memory of two hundred readers that do not read: 0.4 MiB each."""


def resident_mib(gateway: RunningGateway) -> float:
    status = Path(f"/proc/{gateway.processes['gateway'].pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def fill_feed(gateway: RunningGateway) -> None:
    event = json.dumps({"type": "stations.need.published", "data": {"words": "x" * 2000}})
    rows = [
        {"_id": feed_id(n), "cursor": n, "type": "stations.need.published", "area": "110102", "event": event}
        for n in range(1, EVENTS + 1)
    ]
    with gateway.database() as database:
        database[FeedItem.collection].insert_many(rows)
        database[FeedHead.collection].replace_one({"_id": FEED}, {"_id": FEED, "last": EVENTS}, upsert=True)


def open_silent_stream(gateway: RunningGateway, key: str) -> socket.socket:
    at = urlsplit(gateway.url)
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.settimeout(60)  # two hundred begin at once, beside the tests of other workers
    reader.connect((at.hostname, at.port))
    head = f"GET /v1/events/stream?after=0 HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\n\r\n"
    reader.sendall(head.encode())
    assert reader.recv(64).startswith(b"HTTP/1.1 200")
    return reader


def test_readers_that_do_not_read_take_a_stated_memory_and_harm_nobody(small: RunningGateway) -> None:
    fill_feed(small)
    keys = [small.key("reader") for _ in range(2)]
    with small.client(keys[0]) as api, ExitStack() as opened:
        assert len(api.get("/v1/events", params={"limit": 1000}).json()["items"]) == 1000
        before = resident_mib(small)
        with ThreadPoolExecutor(READERS // 4) as pool:
            for stream in pool.map(lambda number: open_silent_stream(small, keys[number % 2]), range(READERS)):
                opened.enter_context(stream)
        grown = resident_mib(small) - before
        assert grown < MOST_OF_READERS_MIB, f"{grown:.0f} MiB"
        began = time.monotonic()
        assert api.get("/v1/stations").status_code == 200
        assert time.monotonic() - began < 3
