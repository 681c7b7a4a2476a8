"""Bodies of attachments: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class AttachmentRemovalIn(TypedDict):
    """The removal of a file of a need."""

    reason: AttachmentRemoval


AttachmentRemoval = Literal["added_by_mistake", "no_longer_needed", "consent_withdrawn"]
