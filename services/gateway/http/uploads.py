"""Bodies that are files: raw bytes, read in parts as they arrive, bounded in bytes and time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from services.gateway.http.problems import Problem

MOST_SECONDS: Final = 600.0
"""The time in which a file is to come as a whole: 10 MiB at 140 kbit/s."""
FILE: Final = "application/octet-stream"
"""The one content type of a file in the description; any other is taken, too: the content shows the form."""
BYTES: Final = {
    "requestBody": {
        "description": "The bytes of the file as they are.",
        "required": True,
        "content": {FILE: {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""The body in the description of a path."""


def check_head(request: Request, limit: int) -> None:
    """Refuse a compressed body and one that is declared larger. Raises Problem: 415, 413."""
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "unsupported_media_type", "body_compressed", headers={"Accept-Encoding": "identity"})
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)


async def cut(request: Request, limit: int, part_bytes: int) -> AsyncIterator[bytes]:
    """Yield the body in parts of so many bytes; the last one is shorter.

    Raises Problem: 413 above the limit, 408 where it does not come whole, or not in MOST_SECONDS.
    """
    held, size, pieces = bytearray(), 0, request.stream()
    end = asyncio.get_running_loop().time() + MOST_SECONDS
    while True:  # ends: at the end of the body, at the limit, or at the last second
        try:
            async with asyncio.timeout_at(end):
                piece = await anext(pieces, None)
        except (ClientDisconnect, TimeoutError):
            raise Problem(408, "request_timeout", "request_incomplete") from None
        if piece is None:
            break
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        held += piece
        while len(held) >= part_bytes:
            yield bytes(held[:part_bytes])
            del held[:part_bytes]
    if held:
        yield bytes(held)


def _too_large(limit: int) -> Problem:
    # The rest is not read: the connection cannot be used again.
    return Problem(413, "too_large", "body_too_large", headers={"Connection": "close"}, limit=limit)
