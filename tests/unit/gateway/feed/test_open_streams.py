"""An open stream goes on while its credential counts, holds little, and leaves room for the streams of others."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.gateway.access.grants import Grant
from services.gateway.access.keys import KeyStore
from services.gateway.features.feed import reader, streams
from services.gateway.features.feed.cursors import BEGINNING
from services.gateway.features.feed.reader import Feed, FeedRow, Portion
from services.gateway.features.feed.streams import Streams
from services.gateway.http.problems import Problem
from shared.contracts.access import Actor

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def grant(key: str = "key_1", principal: str = "principal_1") -> Grant:
    return Grant(Actor(kind="key", id=key, roles=("reader",), on_behalf_of=principal))


class Keys:
    """The keys that are valid."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)

    async def find_valid(self, asked: set[str]) -> set[str]:
        return self.ids & asked

    def now(self) -> datetime:
        return NOW


class Rows(Feed):
    """A feed of a thousand events of 1 KiB, which then stands still."""

    def __init__(self, most: int = 10, last: int = 1000) -> None:
        super().__init__(Collections(), most)  # type: ignore[arg-type]
        self.last = last
        self.read_from: list[int] = []

    async def read(self, after: Any, limit: int, _: Actor, __: object = None) -> Portion:
        self.read_from.append(after.position)
        upto = min(after.position + limit, self.last)
        rows = [
            FeedRow(n, "stations.need.published", '"%s"' % ("x" * 1024)) for n in range(after.position + 1, upto + 1)
        ]
        return Portion(rows, upto, more=upto < self.last)


class Collections:
    def __getitem__(self, _: str) -> "Collections":
        return self

    def with_options(self, **_: Any) -> "Collections":
        return self


async def take(stream: AsyncIterator[bytes], most: int) -> list[bytes]:
    return [await anext(stream) for _ in range(most)]


def test_a_silent_stream_ends_once_its_key_is_revoked() -> None:
    async def story() -> None:
        keys = Keys("key_1", "key_2")
        feed = Rows(last=0)
        opened = Streams(feed, keys, Keys(), 9)  # type: ignore[arg-type]
        mine, other = (opened.follow(BEGINNING, opened.reserve(grant(key))) for key in ("key_1", "key_2"))
        assert await take(mine, 1) == await take(other, 1) == [b": connected\n\n"]
        waiting = [asyncio.ensure_future(anext(stream, None)) for stream in (mine, other)]
        await asyncio.sleep(0.01)
        keys.ids.discard("key_1")
        await opened.check()
        await asyncio.wait(waiting, timeout=0.1)
        assert [each.done() for each in waiting] == [True, False]
        assert waiting[0].result() is None
        waiting[1].cancel()

    asyncio.run(story())


def test_a_stream_ends_with_its_token_and_not_with_another_of_the_same_person() -> None:
    async def story() -> None:
        person, feed = Actor(kind="person", id="person_1", roles=("reader",)), Rows(last=0)
        opened = Streams(feed, Keys(), Keys(), 9)  # type: ignore[arg-type]
        ends = (NOW, NOW + timedelta(seconds=1))
        ended, going = (opened.follow(BEGINNING, opened.reserve(Grant(person, None, end))) for end in ends)
        await take(ended, 1), await take(going, 1)
        waiting = [asyncio.ensure_future(anext(stream, None)) for stream in (ended, going)]
        await asyncio.sleep(0.01)
        await opened.check()
        await asyncio.wait(waiting, timeout=0.1)
        assert [each.done() for each in waiting] == [True, False]
        waiting[1].cancel()

    asyncio.run(story())


def test_a_stream_ends_with_its_session_and_not_with_another_of_the_same_person() -> None:
    async def story() -> None:
        person, feed = Actor(kind="person", id="account_1", roles=("reader",)), Rows(last=0)
        keys, sessions = Keys("account_1"), Keys("session_2")
        opened = Streams(feed, keys, sessions, 9)  # type: ignore[arg-type]
        grants = [Grant(person, None, NOW + timedelta(hours=1), f"session_{n}") for n in (1, 2)]
        ended, going = (opened.follow(BEGINNING, opened.reserve(each)) for each in grants)
        await take(ended, 1), await take(going, 1)
        waiting = [asyncio.ensure_future(anext(stream, None)) for stream in (ended, going)]
        await asyncio.sleep(0.01)
        await opened.check()
        await asyncio.wait(waiting, timeout=0.1)
        assert [each.done() for each in waiting] == [True, False]
        waiting[1].cancel()

    asyncio.run(story())


def test_a_reader_of_a_revoked_key_gets_no_further_piece_of_the_page_that_is_being_sent() -> None:
    async def story() -> None:
        keys = Keys("key_1")
        opened = Streams(Rows(), keys, Keys(), 9)  # type: ignore[arg-type]
        stream = opened.follow(BEGINNING, opened.reserve(grant()))
        _, first = await take(stream, 2)
        assert first.count(b"\nevent: ") < reader.STREAM_EVENTS
        keys.ids.clear()
        await opened.check()
        assert [piece async for piece in stream] == []

    asyncio.run(story())


def test_a_reader_that_does_not_read_makes_the_gateway_hold_one_small_page() -> None:
    async def story() -> None:
        feed = Rows()
        opened = Streams(feed, Keys("key_1"), Keys(), 9)  # type: ignore[arg-type]
        stream = opened.follow(BEGINNING, opened.reserve(grant()))
        pieces = await take(stream, 2)
        assert feed.read_from == [0]
        assert all(len(piece) < 2 * reader.PIECE_BYTES for piece in pieces)
        text = b"".join([*pieces, *await take(stream, 79)])
        assert text.count(b"\nevent: ") == 1000, "and nothing is left out"

    asyncio.run(story())


def test_one_principal_leaves_room_for_the_streams_of_others() -> None:
    async def story() -> None:
        opened = Streams(Rows(most=3), Keys(), Keys(), 2)  # type: ignore[arg-type]
        # All places are taken before the first stream begins, as where many requests come together.
        places = [opened.reserve(grant(key)) for key in ("key_1", "key_2")]
        with pytest.raises(Problem, match="own_streams_used_up") as refused:
            opened.reserve(grant("key_3"))
        assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "10"})
        opened.reserve(grant("key_9", "principal_9"))
        with pytest.raises(Problem, match="too_many_streams"):
            opened.reserve(grant("key_8", "principal_8"))
        stream = opened.follow(BEGINNING, places[0])
        await take(stream, 1)
        await stream.aclose()
        opened.reserve(grant())

    asyncio.run(story())


def test_the_place_of_a_reader_who_left_before_the_first_byte_is_free_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        opened = Streams(Rows(last=0), Keys("key_1"), Keys(), 2)  # type: ignore[arg-type]
        stream = opened.follow(BEGINNING, opened.reserve(grant()))
        await take(stream, 1)
        opened.reserve(grant())
        monkeypatch.setattr(streams, "BEGIN_SECONDS", -1.0)
        await opened.check()
        opened.reserve(grant())
        with pytest.raises(Problem, match="own_streams_used_up"):
            opened.reserve(grant())

    asyncio.run(story())


def test_the_keys_of_all_streams_are_checked_by_one_query_within_five_seconds() -> None:
    asked: list[Any] = []

    class Found:
        def find(self, rule: Any) -> "Found":
            asked.append(rule)
            return self

        async def to_list(self) -> list[dict[str, Any]]:
            key = {"hash": "", "name": "", "roles": [], "area": "", "principal": "p", "created_at": NOW}
            return [{"_id": f"key_{n}", **key, "expires_at": NOW, "last_used_at": NOW} for n in range(2)] + [
                {"_id": "key_2", **key, "last_used_at": NOW}
            ]

    keys = KeyStore(Found(), 5, lambda: NOW)  # type: ignore[arg-type]
    assert asyncio.run(keys.find_valid({"key_0", "key_1", "key_2", "key_3"})) == {"key_2"}, (
        "two have ended, one is gone"
    )
    assert len(asked) == 1
    assert streams.CHECK_SECONDS <= 2


def test_a_stream_without_events_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SILENCE_SECONDS", 0.01)

    async def story() -> None:
        opened = Streams(Rows(last=0), Keys("key_1"), Keys(), 9)  # type: ignore[arg-type]
        pieces = await asyncio.wait_for(take(opened.follow(BEGINNING, opened.reserve(grant())), 3), 5)
        assert pieces == [b": connected\n\n", b": still here\n\n", b": still here\n\n"]

    asyncio.run(story())
