"""Large documents that anybody may ask for: a peer that does not take one holds a part of it alone."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from services.gateway.pages.kept import PIECE_BYTES, KeptDocument

Message = dict[str, Any]


def send_to(body: bytes, taken: int) -> list[Message]:
    """The messages that are handed over for a peer that takes so many of them, and then nothing."""
    heard: list[Message] = []

    async def send(message: Any) -> None:
        if len(heard) == taken:
            raise TimeoutError("the peer takes nothing more")
        heard.append(dict(message))

    async def receive() -> Any:
        raise AssertionError("a document does not listen")

    with suppress(TimeoutError):
        asyncio.run(KeptDocument(body, media_type="application/json")({"type": "http"}, receive, send))
    return heard


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 20 * PIECE_BYTES - 7])
def test_it_arrives_whole_with_its_length(size: int) -> None:
    body = bytes(number % 251 for number in range(size))
    start, *pieces = send_to(body, 1000)
    assert (b"content-length", b"%d" % size) in start["headers"]
    assert b"".join(piece["body"] for piece in pieces) == body
    assert [piece["more_body"] for piece in pieces] == [*[True] * (len(pieces) - 1), False]


def test_a_peer_that_takes_nothing_more_is_handed_nothing_more() -> None:
    _, first, second = send_to(b"x" * 20 * PIECE_BYTES, 3)
    assert len(first["body"]) == len(second["body"]) == PIECE_BYTES
