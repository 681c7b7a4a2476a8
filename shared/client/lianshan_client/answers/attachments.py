"""Answers of attachments: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class AttachmentAnswer(TypedDict):
    """A file of a need; its name is not kept, and its content is read by its path alone."""

    id: str
    kind: AttachmentKind | str
    media_type: MediaType | str
    size: int
    added_at: str


class AttachmentsAnswer(TypedDict):
    """The files of a need, at most 20, in the order of their coming; then those of needs that were merged into it."""

    items: list[AttachmentAnswer]


AttachmentKind = Literal["consent_scan", "photo", "invoice"] | str


MediaType = Literal["image/jpeg", "image/png", "application/pdf"] | str
