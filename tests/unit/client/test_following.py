"""The feed is followed over broken streams, full gateways and proxies, without a gap; an endless line is refused."""

import asyncio
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest
from lianshan_client import AnswerNotUnderstoodError, AsyncClient, Client, FeedEntry, GoneError, UnauthorizedError, feed

URL, KEY = "https://city.example", "lsk_of_a_test"


class Gateway:
    """A feed of events 1, 2, 3 …; its streams break after `whole` events, or are refused with `refused`."""

    def __init__(self, last: int, *, whole: int = 1000, refused: httpx.Response | None = None) -> None:
        self.last, self.whole, self.refused = last, whole, refused
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.path == feed.PAGES:
            after = int(request.url.params["after"])
            items = [{"cursor": n, "event": {"id": f"e{n}"}} for n in range(after + 1, self.last + 1)]
            return httpx.Response(200, json={"items": items, "next": None, "cursor": self.last})
        if self.refused is not None:
            return self.refused
        after = int(request.headers["last-event-id"])
        text = "".join(self.event(n) for n in range(after + 1, min(self.last, after + self.whole) + 1))
        return stream(text.encode())

    @staticmethod
    def event(number: int) -> str:
        return f"id: {number}\nevent: a.b.c\ndata: {json.dumps({'id': f'e{number}'})}\n\n: still here\n\n"


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes three bytes at a time, and then breaks."""

    def __init__(self, body: bytes) -> None:
        self.pieces = [body[at : at + 3] for at in range(0, len(body), 3)]

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        raise httpx.ReadError("broken")

    async def __aiter__(self) -> Any:
        for piece in self.pieces:
            yield piece
        raise httpx.ReadError("broken")


def stream(body: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(body))


def follow(answer: Any, number: int, after: str | int | None = "0") -> list[FeedEntry]:
    with Client(URL, KEY, transport=httpx.MockTransport(answer)) as lianshan:
        return list(islice(lianshan.follow(after), number))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(_seconds: float) -> None: ...

    monkeypatch.setattr("lianshan_client.client.time.sleep", lambda _seconds: None)
    monkeypatch.setattr("lianshan_client.async_client.asyncio.sleep", nothing)


def test_events_come_once_and_in_order_over_streams_that_break() -> None:
    gateway = Gateway(9, whole=2)
    assert [entry["event"]["id"] for entry in follow(gateway, 9)] == [f"e{n}" for n in range(1, 10)]


def test_events_come_by_pages_where_the_gateway_has_no_room_for_the_stream() -> None:
    gateway = Gateway(3, refused=httpx.Response(503, headers={"retry-after": "1"}))
    assert [entry["cursor"] for entry in follow(gateway, 3)] == [1, 2, 3]
    assert gateway.asked == [feed.STREAM, feed.PAGES]


def test_events_come_by_pages_where_a_proxy_answers_instead_of_the_stream() -> None:
    gateway = Gateway(3, refused=httpx.Response(200, text="<html>"))
    assert [entry["cursor"] for entry in follow(gateway, 3)] == [1, 2, 3]


def test_a_page_of_release_0_2_names_no_cursor_of_its_own_and_is_followed_all_the_same() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == feed.STREAM:
            return httpx.Response(503)
        after = int(request.url.params["after"])
        items = [{"cursor": n, "event": {"id": f"e{n}"}} for n in (after + 1, after + 2)]
        return httpx.Response(200, json={"items": items, "next": None})

    assert [entry["cursor"] for entry in follow(answer, 6)] == [1, 2, 3, 4, 5, 6]


def test_a_place_in_the_feed_is_taken_up_where_it_was_kept() -> None:
    assert [entry["event"]["id"] for entry in follow(Gateway(9), 2, after=7)] == ["e8", "e9"]


@pytest.mark.parametrize(("status", "kind"), [(410, GoneError), (401, UnauthorizedError)])
def test_a_refusal_that_waiting_cannot_mend_is_raised(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        follow(lambda _: httpx.Response(status, json={"args": {"start": 5}}), 1)


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(AnswerNotUnderstoodError):
        list(feed.EventLines().read(b"data: " + b"x" * feed.LONGEST_LINE))


def test_an_event_without_an_end_is_refused() -> None:
    line = b"data: " + b"x" * (feed.LONGEST_LINE - 6) + b"\n"
    with pytest.raises(AnswerNotUnderstoodError):
        list(feed.EventLines().read(line * 5))


def test_lines_may_end_as_windows_ends_them() -> None:
    assert list(feed.EventLines().read(b'id: 4\r\ndata: {"id":\r\ndata: "e"}\r\n\r\n')) == [
        {"cursor": "4", "event": {"id": "e"}}
    ]


def test_the_asynchronous_client_follows_as_well() -> None:
    async def read() -> list[str]:
        found: list[str] = []
        async with AsyncClient(URL, KEY, transport=httpx.MockTransport(Gateway(5, whole=2))) as lianshan:
            async for entry in lianshan.follow("0"):
                found.append(entry["event"]["id"])
                if len(found) == 5:
                    break
        return found

    assert asyncio.run(read()) == ["e1", "e2", "e3", "e4", "e5"]
