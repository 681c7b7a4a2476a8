"""Calls of attachments: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.attachments import AttachmentAnswer, AttachmentKind, AttachmentsAnswer
from ..bodies.attachments import AttachmentRemovalIn
from ..calls import Call, new_key


def add_attachment(
    need_id: str, content: bytes, *, kind: AttachmentKind | None = None, idempotency_key: str | None = None
) -> Call[AttachmentAnswer]:
    """Add a file to a need: JPEG, PNG or PDF by its content, at most 10 MiB, and at most 20 files a need."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/attachments",
        query={"kind": kind},
        content=content,
        idempotency_key=idempotency_key or new_key(),
    )


def list_attachments(need_id: str) -> Call[AttachmentsAnswer]:
    """List the files of a need and of those merged into it, without their content. The list is recorded as read."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/attachments")


def read_attachment(need_id: str, attachment_id: str) -> Call[bytes]:
    """Read a file of a need, as a download. Each piece that is read is recorded."""
    return Call("GET", f"/v1/needs/{quote(need_id, safe='')}/attachments/{quote(attachment_id, safe='')}")


def remove_attachment(
    need_id: str,
    attachment_id: str,
    body: AttachmentRemovalIn,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[AttachmentsAnswer]:
    """Delete a file of a need: nobody reads it from here on. Answers the files that are left."""
    return Call(
        "POST",
        f"/v1/needs/{quote(need_id, safe='')}/attachments/{quote(attachment_id, safe='')}/remove",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
