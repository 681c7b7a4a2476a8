"""The attachments of a need: files that come and go as streams, kept sealed by its station, each read on record."""

import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.needs.view import NeedView
from services.gateway.http.answers import Answer, InstantText
from services.gateway.http.authentication import Reader, allows, needs
from services.gateway.http.bodies import build_command, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.parameters import ExpectedVersion, RequestOrigin
from services.gateway.http.problems import not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.http.uploads import BYTES, check_head, cut
from services.gateway.messaging.commands import Origin
from shared.contracts.access import Actor
from shared.contracts.jobs import PART_BYTES
from shared.contracts.messages import OPEN, Message
from shared.contracts.stations import attachments as contract
from shared.contracts.stations.attachments import (
    MOST_ATTACHED_BYTES,
    AddAttachmentPart,
    AttachmentKind,
    AttachmentPiece,
    ListAttachments,
    MediaType,
    ReadAttachment,
    RemovalReason,
    RemoveAttachment,
)

router = APIRouter(tags=["attachments"])
PersonalReader = Annotated[Actor, Depends(needs("personal:read"))]
HELD_BYTES: Final = 4 * PART_BYTES
"""The bytes of one upload in memory: a part, the next one, and the first in base64 and sealed."""
ENDINGS: Final[Mapping[str, str]] = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
_NOUN: Final = "attachment"
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The bytes of the file as they are.", "content": dict.fromkeys(ENDINGS, _BINARY)}
}


class AttachmentAnswer(Answer):
    """A file of a need; its name is not kept, and its content is read by its path alone."""

    id: str
    kind: Annotated[AttachmentKind, OPEN]
    media_type: Annotated[MediaType, OPEN] = Field(description="By the content of the file.")
    size: int = Field(description="Bytes.")
    added_at: InstantText = Field(description="When its first bytes came.")


class AttachmentsAnswer(Answer):
    """The files of a need, at most 20, in the order of their coming; then those of needs that were merged into it."""

    items: list[AttachmentAnswer]


class AttachmentRemovalIn(Message):
    """The removal of a file of a need."""

    reason: RemovalReason


@router.post("/v1/needs/{need_id}/attachments", **{**describe(AttachmentAnswer, new=True), "openapi_extra": BYTES})
@may_answer(408, 413, 415, 422)
async def add_attachment(
    need_id: str, request: Request, _: Annotated[Actor, Depends(allows(AddAttachmentPart))], backend: TheBackend,
    origin: RequestOrigin, kind: Annotated[AttachmentKind, Query(description="The contents of the file.")] = "photo",
) -> Response:  # fmt: skip
    """Add a file to a need: JPEG, PNG or PDF by its content, at most 10 MiB, and at most 20 files a need.

    It is sealed with the words of the need, and goes with them.
    """
    check_head(request, MOST_ATTACHED_BYTES)
    async with request.app.state.body_budget.hold(HELD_BYTES, origin.actor.principal):
        kept = await _send_parts(request, backend, need_id, kind, origin)
    return reply_created(_describe(kept), f"/v1/needs/{need_id}/attachments/{kept.id}")


@router.get("/v1/needs/{need_id}/attachments", **describe(AttachmentsAnswer))
@may_answer(404)
async def list_attachments(request: Request, need_id: str, caller: Reader, backend: TheBackend) -> Response:
    """List the files of a need and of those merged into it, without their content. The list is recorded as read."""
    await _require(backend, caller, need_id)
    query = ListAttachments(need_id=need_id)
    found = await backend.queries.ask(query, actor=caller, why=f"GET {request.url.path}")
    if found is None:
        raise not_found("need", need_id)
    return reply(AttachmentsAnswer(items=[_describe(one) for one in found.items]))


@router.get("/v1/needs/{need_id}/attachments/{attachment_id}", response_class=StreamingResponse, responses=_FILE)
@may_answer(404)
async def read_attachment(
    request: Request, need_id: str, attachment_id: str, caller: PersonalReader, backend: TheBackend
) -> Response:
    """Read a file of a need, as a download. Each piece that is read is recorded."""
    await _require(backend, caller, need_id)
    why = f"GET {request.url.path}"
    query = build_command(ReadAttachment, need_id=need_id, attachment_id=attachment_id)
    first = await backend.queries.ask(query, actor=caller, why=why)
    if first is None:
        raise not_found(_NOUN, attachment_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{attachment_id}.{ENDINGS.get(first.media_type, "bin")}"',
        "Content-Length": str(first.size),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_stream(backend, caller, query, first, why), media_type=first.media_type, headers=headers)


@router.post(
    "/v1/needs/{need_id}/attachments/{attachment_id}/remove", **describe(AttachmentsAnswer, body=AttachmentRemovalIn)
)
async def remove_attachment(  # noqa: PLR0917 - FastAPI gives the arguments by name
    need_id: str, attachment_id: str, caller: Annotated[Actor, Depends(allows(RemoveAttachment))], backend: TheBackend,
    origin: RequestOrigin, expected: ExpectedVersion,
    asked: Annotated[AttachmentRemovalIn, Depends(json_body(AttachmentRemovalIn))],
) -> Response:  # fmt: skip
    """Delete a file of a need: nobody reads it from here on. Answers the files that are left."""
    await _require(backend, caller, need_id)
    command = build_command(
        RemoveAttachment, need_id=need_id, attachment_id=attachment_id, expected_version=expected, reason=asked.reason
    )
    left = await backend.commands.send(command, contract.AttachmentsAnswer, origin)
    return reply(AttachmentsAnswer(items=[_describe(one) for one in left.items]))


async def _send_parts(
    request: Request, backend: Backend, need_id: str, kind: AttachmentKind, origin: Origin
) -> contract.AttachmentAnswer:
    """Send the body to the need's station, part by part: no more than two parts are held at a time."""
    upload, number, last = origin.message_id(), 0, False
    parts = cut(request, MOST_ATTACHED_BYTES, PART_BYTES)
    held = await anext(parts, b"")
    while not last:  # ends: `cut` gives 10 MiB at most
        following = await anext(parts, None)
        last = following is None
        content = base64.b64encode(held).decode()
        command = build_command(
            AddAttachmentPart, need_id=need_id, kind=kind, upload=upload, number=number, last=last, content=content
        )
        kept = await backend.commands.send(command, contract.AttachmentAnswer, replace(origin, part=number))
        number, held = number + 1, following or b""
    return kept


async def _stream(
    backend: Backend, caller: Actor, query: ReadAttachment, piece: AttachmentPiece | None, why: str
) -> AsyncIterator[bytes]:
    """Yield the file, piece by piece; it stays short of its length where it is removed meanwhile."""
    while piece is not None:  # ends: the number of a piece rises to that of the last part
        yield base64.b64decode(piece.content)
        if piece.next is None:
            return
        query = query.model_copy(update={"number": piece.next})
        piece = await backend.queries.ask(query, actor=caller, why=why)


async def _require(backend: Backend, caller: Actor, need_id: str) -> None:
    """Raise Problem (404) for an unknown need, and for one outside the caller's area alike."""
    if await backend.views.one(NeedView, need_id, caller) is None:
        raise not_found("need", need_id)


def _describe(one: contract.AttachmentFacts) -> AttachmentAnswer:
    facts = one.model_dump(mode="json", include=set(contract.AttachmentFacts.model_fields))
    return AttachmentAnswer.model_validate(facts)
