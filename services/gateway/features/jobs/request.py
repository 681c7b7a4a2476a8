"""The file of a job as it comes: raw bytes, sent on to the owner in parts as they arrive."""

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from services.gateway.backend import Backend
from services.gateway.http.bodies import build_command
from services.gateway.http.problems import Problem
from services.gateway.messaging.commands import Origin
from shared.contracts.jobs import MOST_FILE_BYTES, PART_BYTES, JobShape
from shared.contracts.stations.jobs import AddStationsFilePart

HELD_BYTES: Final = 4 * PART_BYTES
"""The bytes of one upload in memory: a part, the next one, and the first in base64 and sealed."""
FILE: Final = "application/octet-stream"
"""The one content type of a file in the description; any other is taken, too: the content shows the form."""


async def send_file(request: Request, backend: Backend, job_id: str, origin: Origin) -> JobShape:
    """Send the body to the job's owner, part by part; return the job with its file.

    Raises Problem: 408 where the body does not come whole, 413 above 16 MiB, 415 for a compressed body, 503 where other
    bodies fill the memory; and Refused as the owner refuses a part. No more than two parts are held at a time.
    """
    _check_head(request)
    async with request.app.state.body_budget.hold(HELD_BYTES, origin.actor.principal):
        return await _send_parts(request, backend, job_id, origin)


async def _send_parts(request: Request, backend: Backend, job_id: str, origin: Origin) -> JobShape:
    upload, number, last = origin.message_id(), 0, False
    parts = _cut(request)
    held = await anext(parts, b"")
    while not last:  # ends: `_cut` gives 16 MiB at most
        following = await anext(parts, None)
        last = following is None
        command = build_command(
            AddStationsFilePart, id=job_id, upload=upload, number=number, last=last,
            content=base64.b64encode(held).decode(),
        )  # fmt: skip
        shape = await backend.commands.send(command, JobShape, replace(origin, part=number))
        number, held = number + 1, following or b""
    return shape


def _check_head(request: Request) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "unsupported_media_type", "body_compressed", headers={"Accept-Encoding": "identity"})
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > MOST_FILE_BYTES:
        raise _too_large()


async def _cut(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in parts of PART_BYTES; the last one is shorter."""
    held, size = bytearray(), 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_FILE_BYTES:
                raise _too_large()
            held += piece
            while len(held) >= PART_BYTES:
                yield bytes(held[:PART_BYTES])
                del held[:PART_BYTES]
    except ClientDisconnect:
        raise Problem(408, "request_timeout", "request_incomplete") from None
    if held:
        yield bytes(held)


def _too_large() -> Problem:
    # The rest is not read: the connection cannot be used again.
    return Problem(413, "too_large", "body_too_large", headers={"Connection": "close"}, limit=MOST_FILE_BYTES)
