"""Peers that are slow, silent, endless or senseless: a real gateway answers the others meanwhile, and stays small."""

import gzip
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import quote, urlsplit

import httpx
import pytest
from gateway_stack import RunningGateway, running_gateway
from stacks import NO_TLS, Servers

from services.gateway.projection.feed import FEED, FeedHead, FeedItem, feed_id

pytestmark = pytest.mark.integration
BOUNDS: Final = {
    "head_seconds": "0.5", "body_seconds": "1", "write_seconds": "1", "max_unread_bytes": str(24 * 1024 * 1024),
}  # fmt: skip
"""Those of production are longer: here each runs out within a case."""
SECONDS: Final = 1.5
"""How long each abuse goes on."""
SLOWEST: Final = 1.0
"""Seconds within which ninety-nine of a hundred other requests are answered meanwhile."""
MOST_MIB: Final = 96
"""The most that an abuse may add to the memory of the process: bodies 16, unread answers 24, heads and buffers."""
ELSEWHERE: Final = "127.0.0.2"
"""The address of those who abuse it."""
EVENTS: Final = 500
LONG: Final = "1" * 10_000
WIDE: Final = quote("善" * 3_000)


@pytest.fixture(scope="module")
def besieged(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """The API alone, with a feed."""
    with running_gateway(servers, tmp_path_factory.mktemp("abuse"), ["gateway"], **BOUNDS) as running:
        fill_feed(running)
        yield running


def fill_feed(gateway: RunningGateway) -> None:
    event = json.dumps({"type": "stations.need.published", "data": {"words": "x" * 3000}})
    rows = [
        {"_id": feed_id(n), "cursor": n, "type": "stations.need.published", "area": "110102", "event": event}
        for n in range(1, EVENTS + 1)
    ]
    with gateway.database() as database:
        database[FeedItem.collection].insert_many(rows)
        database[FeedHead.collection].replace_one({"_id": FEED}, {"_id": FEED, "last": EVENTS}, upsert=True)


# ---- the abuse -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Abuse:
    """So many peers begin so, and go on so for as long as they can; one that was closed comes again."""

    name: str
    peers: int
    begins: bytes = b""
    goes_on: bytes = b""
    reads: bool = True
    """Whether they take their answers."""
    closed: bool = True
    """Whether they see within a case that they are closed; one that reads nothing never does."""


CHUNK: Final = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
BOMB: Final = gzip.compress(b" " * 64 * 1024 * 1024)
"""64 KiB that stand for 64 MiB."""
GARBAGE: Final = Random(7).randbytes(4096) + b"\n\n"
WRITE: Final = b"POST /v1/needs HTTP/1.1\r\nHost: here\r\n%sContent-Type: application/json\r\n"
PACKED: Final = WRITE % b"KEY" + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
DOCUMENTS: Final = b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n" * 3
PAGE: Final = b"GET /v1/events?limit=500 HTTP/1.1\r\nHost: here\r\nKEY\r\n"
ABUSES: Final = (
    Abuse("silent", 300),
    Abuse("half headers", 300, b"GET / HTTP/1.1\r\nX: ", b"y"),
    Abuse("headers of 10 MiB", 20, b"GET / HTTP/1.1\r\nX: ", b"y" * 65_536),
    Abuse("many headers", 50, b"GET / HTTP/1.1\r\n", b"x:y\r\n" * 400),
    Abuse("half a body", 100, WRITE % b"KEY" + b"Content-Length: 1000000\r\n\r\n", b" "),
    Abuse("endless chunks", 30, WRITE % b"KEY" + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
    Abuse("endless chunks without a key", 30, WRITE % b"" + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK, closed=False),
    Abuse("bombs", 10, PACKED, PACKED, closed=False),
    Abuse("garbage", 100, GARBAGE, GARBAGE),
    Abuse("garbage in place of TLS", 50, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", GARBAGE),
    Abuse("answers that nobody takes", 100, DOCUMENTS, reads=False, closed=False),
    Abuse("pages that nobody takes", 60, PAGE, reads=False, closed=False),
)


@dataclass
class Peers:
    """The peers of one abuse, in a thread of their own."""

    abuse: Abuse
    address: tuple[str, int]
    key: bytes
    sent: int = 0
    closed: int = 0
    _open: list[socket.socket] = field(default_factory=list)
    _waiting: dict[socket.socket, bytes] = field(default_factory=dict)

    def go_on(self, ending: threading.Event) -> None:
        with ExitStack() as stack:
            stack.callback(lambda: [peer.close() for peer in self._open])
            while not ending.wait(0.02):
                self._open += [self._come() for _ in range(self.abuse.peers - len(self._open))]
                for peer in list(self._open):
                    if not self._turn(peer):
                        self._open.remove(peer)
                        peer.close()
                        self.closed += 1

    def _come(self) -> socket.socket:
        peer = socket.socket()
        if not self.abuse.reads:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.settimeout(2)
        peer.bind((ELSEWHERE, 0))
        peer.connect(self.address)
        peer.setblocking(False)
        self._waiting[peer] = self._signed(self.abuse.begins)
        return peer

    def _signed(self, text: bytes) -> bytes:
        return text.replace(b"KEY", b"Authorization: Bearer %s\r\n" % self.key)

    def _turn(self, peer: socket.socket) -> bool:
        """Send on, and read; return whether the peer is still connected."""
        try:
            if self.abuse.reads:
                with suppress(BlockingIOError):
                    if not peer.recv(65_536):
                        return False
            if waiting := self._waiting[peer] or self._signed(self.abuse.goes_on):
                with suppress(BlockingIOError):
                    sent = peer.send(waiting)
                    self._waiting[peer] = waiting[sent:]
                    self.sent += sent
        except OSError:
            return False
        return True


@contextmanager
def abused(gateway: RunningGateway, abuse: Abuse, key: str) -> Iterator[Peers]:
    at = urlsplit(gateway.url)
    peers, ending = Peers(abuse, (str(at.hostname), int(at.port or 0)), key.encode()), threading.Event()
    thread = threading.Thread(target=peers.go_on, args=(ending,))
    thread.start()
    try:
        yield peers
    finally:
        ending.set()
        thread.join(10)


# ---- the others ----------------------------------------------------------------------------------------------------


def resident_mib(gateway: RunningGateway, which: str) -> float:
    status = Path(f"/proc/{gateway.processes['gateway'].pid}/status").read_text()
    return int(status.partition(f"{which}:")[2].split()[0]) / 1024


def forget_peak(gateway: RunningGateway) -> None:
    Path(f"/proc/{gateway.processes['gateway'].pid}/clear_refs").write_text("5")


def waited_for_cores(process: int, thread: int) -> float:
    """The seconds so far in which a thread could have run and had no core, less those that its own process ran beside.

    A process is charged for its own threads. https://docs.kernel.org/scheduler/sched-stats.html
    """
    ran, waited = 0, 0
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(OSError):  # it has just ended
            on_core, in_line, _ = map(int, (task / "schedstat").read_text().split())
            waited, ran = (in_line, ran) if task.name == str(thread) else (waited, ran + on_core)
    return (waited - ran) / 1e9


def times_of_others(client: httpx.Client, gateway: RunningGateway, key: str, seconds: float) -> list[float]:
    """The seconds that others wait for lists, on one connection and on new ones.

    Without those in which other programs had the cores that the gateway or this thread could have used.
    """
    took: list[float] = []
    url, theirs = gateway.url, gateway.processes["gateway"].pid
    ready = (theirs, theirs), (os.getpid(), threading.get_native_id())
    end_at = time.monotonic() + seconds
    while time.monotonic() < end_at:
        waited = [waited_for_cores(*thread) for thread in ready]
        began = time.monotonic()
        if len(took) % 8:
            answer = client.get("/v1/needs", params={"limit": 1})
        else:
            answer = httpx.get(f"{url}/v1/needs?limit=1", headers={"Authorization": f"Bearer {key}"}, verify=NO_TLS)
        elapsed = time.monotonic() - began
        away = (waited_for_cores(*thread) - before for thread, before in zip(ready, waited, strict=True))
        took.append(elapsed - sum(max(0.0, each) for each in away))
        assert answer.status_code == 200, answer.text
        time.sleep(0.005)
    return sorted(took)


@pytest.mark.parametrize("abuse", ABUSES, ids=lambda abuse: abuse.name)
def test_the_others_are_answered_and_the_memory_is_bounded(besieged: RunningGateway, abuse: Abuse) -> None:
    theirs, others = besieged.key("platform"), besieged.key("reader")
    with besieged.client(others) as client:
        usual = times_of_others(client, besieged, others, 0.3)
        forget_peak(besieged)
        before = resident_mib(besieged, "VmRSS")
        with abused(besieged, abuse, theirs) as peers:
            took = times_of_others(client, besieged, others, SECONDS)
        grown = resident_mib(besieged, "VmHWM") - before
    slowest, median = took[int(len(took) * 0.99)], usual[len(usual) // 2]
    print(f"{abuse.name}: p99 {slowest:.3f} s, usually {median:.3f}; {grown:.0f} MiB; {peers.closed} closed")
    assert not abuse.closed or peers.closed > abuse.peers / 2, "none of them goes on for ever"
    assert slowest < SLOWEST
    assert grown < MOST_MIB


def test_a_body_is_never_unpacked_and_the_answer_says_so(besieged: RunningGateway) -> None:
    with besieged.client() as client:
        for encoding in ("gzip", "br", "deflate, gzip"):
            headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
            answer = client.post("/v1/needs", content=BOMB, headers=headers)
            assert (answer.status_code, answer.json()["rule"]) == (415, "body_compressed")
            assert answer.headers["accept-encoding"] == "identity"


# ---- filters and cursors -------------------------------------------------------------------------------------------


def parameters(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Path and name of each parameter of a list, but for those of a volunteer's own, which no key may read."""
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for each in methods.get("get", {}).get("parameters", ()):
            if each["in"] == "query" and "{" not in path and not path.startswith("/v1/me"):
                yield path, each["name"]


def test_a_filter_of_ten_thousand_characters_is_refused_by_its_name_in_a_short_answer(besieged: RunningGateway) -> None:
    named = {"Authorization": f"Bearer {besieged.key_file.read_text().strip()}"}
    with httpx.Client(base_url=besieged.url, headers=named, timeout=30, verify=NO_TLS) as client:
        walked = list(parameters(client))
        assert len(walked) > 100
        for nth, (path, name) in enumerate(walked):
            answer = client.get(f"{path}?{name}={(LONG, WIDE)[nth % 2]}")
            assert answer.status_code in {400, 404, 422}, f"{path} {name}: {answer.status_code}"
            assert len(answer.content) < 2_000, f"{path} {name} repeats the refused text"


def test_ten_thousand_filters_are_refused_at_once(besieged: RunningGateway) -> None:
    many = "&".join(["state=draft"] * 4_000)
    with besieged.client() as client:
        for path in ("/v1/needs", "/v1/tasks", "/v1/events", "/v1/events/stream"):
            answer = client.get(f"{path}?{many}")
            assert (answer.status_code, len(answer.content) < 2_000) == (422, True), path


@pytest.mark.parametrize(
    ("cursor", "status", "rule"),
    [
        ("0k3f9x2m1d8r5t7w2q4z-1", 410, "cursor_of_other_epoch"),
        ("999999999999999", 410, "cursor_beyond_feed"),
        ("bmVlZF8x", 422, "not_a_feed_cursor"),
        ("-1", 422, "not_a_feed_cursor"),
        (LONG, 422, "not_a_feed_cursor"),
        ("1 OR 1=1", 422, "not_a_feed_cursor"),
    ],
)
def test_a_cursor_from_elsewhere_is_refused_with_its_reason_wherever_it_is_sent(
    besieged: RunningGateway, cursor: str, status: int, rule: str
) -> None:
    with besieged.client() as client:
        pages = client.get("/v1/events", params={"after": cursor})
        stream = client.get("/v1/events/stream", params={"after": cursor})
        resumed = client.get("/v1/events/stream", headers={"Last-Event-ID": cursor})
        for answer in (pages, stream, resumed):
            assert (answer.status_code, answer.json()["rule"]) == (status, rule)
            assert len(answer.content) < 2_000
