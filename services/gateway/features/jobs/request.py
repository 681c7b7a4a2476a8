"""The file of a job as it comes: raw bytes, sent on to the owner in parts as they arrive."""

import base64
from dataclasses import replace
from typing import Final

from fastapi import Request

from services.gateway.backend import Backend
from services.gateway.http.bodies import build_command
from services.gateway.http.uploads import check_head, cut
from services.gateway.messaging.commands import Origin
from shared.contracts.jobs import MOST_FILE_BYTES, PART_BYTES, JobShape
from shared.contracts.stations.jobs import AddStationsFilePart

HELD_BYTES: Final = 4 * PART_BYTES
"""The bytes of one upload in memory: a part, the next one, and the first in base64 and sealed."""


async def send_file(request: Request, backend: Backend, job_id: str, origin: Origin) -> JobShape:
    """Send the body to the job's owner, part by part; return the job with its file.

    Raises Problem: 408 where the body does not come whole, 413 above 16 MiB, 415 for a compressed body, 503 where other
    bodies fill the memory; and Refused as the owner refuses a part. No more than two parts are held at a time.
    """
    check_head(request, MOST_FILE_BYTES)
    async with request.app.state.body_budget.hold(HELD_BYTES, origin.actor.principal):
        return await _send_parts(request, backend, job_id, origin)


async def _send_parts(request: Request, backend: Backend, job_id: str, origin: Origin) -> JobShape:
    upload, number, last = origin.message_id(), 0, False
    parts = cut(request, MOST_FILE_BYTES, PART_BYTES)
    held = await anext(parts, b"")
    while not last:  # ends: `cut` gives 16 MiB at most
        following = await anext(parts, None)
        last = following is None
        command = build_command(
            AddStationsFilePart, id=job_id, upload=upload, number=number, last=last,
            content=base64.b64encode(held).decode(),
        )  # fmt: skip
        shape = await backend.commands.send(command, JobShape, replace(origin, part=number))
        number, held = number + 1, following or b""
    return shape
