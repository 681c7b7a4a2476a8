"""The attachments (附件) of a need: files about its person, sealed by the person's key, in no event and no view.

A file comes in parts that each fit a message, and is read in pieces, each read on record. The name of a file is not
kept: it may be about a person.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from shared.contracts.access.permissions import Permission
from shared.contracts.jobs import PART_BYTES
from shared.contracts.messages import OPEN, Answer, AuditedQuery, Id, Instant, command, query
from shared.contracts.stations.needs import NeedAction

AttachmentKind = Literal["consent_scan", "photo", "invoice"]
"""同意书扫描件, 照片, 发票."""
MediaType = Literal["image/jpeg", "image/png", "application/pdf"]
"""The forms of files that are taken, by their content."""
RemovalReason = Literal["added_by_mistake", "no_longer_needed", "consent_withdrawn"]
"""误传, 不再需要, 撤回同意."""
MOST_ATTACHMENTS: Final = 20
"""Attachments of one need at a time."""
MOST_JOINED: Final = 10
"""Needs that ended as duplicates of one need, whose attachments are shown with it: the last ones."""
MOST_SHOWN: Final = MOST_ATTACHMENTS * (1 + MOST_JOINED)
MOST_ATTACHED_BYTES: Final = 10 * 1024 * 1024
MOST_PARTS: Final = -(-MOST_ATTACHED_BYTES // PART_BYTES)
PIECE_PARTS: Final = 3
"""Parts of one answer."""


class AttachmentFacts(Answer):
    """The facts of one attachment, which are about nobody."""

    id: Id
    kind: Annotated[AttachmentKind, OPEN]
    media_type: Annotated[MediaType, OPEN] = Field(description="By the content of the file.")
    size: int = Field(description="Bytes.")
    added_at: Instant


class AttachmentAnswer(AttachmentFacts):
    """An attachment of a need as it comes: `kept` once the last part is there."""

    need_id: Id
    kept: bool


@command
class AddAttachmentPart(NeedAction):
    """Keep the next part of a file of a need, sealed; the first one begins the file again. Answers AttachmentAnswer."""

    type: ClassVar[str] = "AddAttachmentPart"
    permission: ClassVar[Permission] = "needs:register"
    kind: AttachmentKind
    upload: Id = Field(description="Names the request that brings the file: parts of two never mix.")
    number: int = Field(ge=0, lt=MOST_PARTS)
    content: Annotated[str, StringConstraints(max_length=PART_BYTES * 4 // 3 + 4, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
    """The bytes in base64."""
    last: bool


@command
class RemoveAttachment(NeedAction):
    """Delete an attachment of a need. Answers AttachmentsAnswer."""

    type: ClassVar[str] = "RemoveAttachment"
    permission: ClassVar[Permission] = "needs:register"
    reason_field: ClassVar[str] = "reason"
    attachment_id: Id
    reason: RemovalReason


class AttachmentsAnswer(Answer):
    """The attachments of a need, in the order of their coming; then those of needs that were merged into it."""

    need_id: Id
    items: tuple[AttachmentFacts, ...] = Field(max_length=MOST_SHOWN)


@query
class ListAttachments(AuditedQuery[AttachmentsAnswer | None]):
    """List the attachments of a need, without their content."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ListAttachments"
    permission: ClassVar[Permission] = "read"
    recorded_as: ClassVar[str] = "need_attachments"
    about: ClassVar[str] = "need_id"
    need_id: Id


class AttachmentPiece(AttachmentFacts):
    """Some bytes of an attachment in base64; the following piece begins with the part `next`, None at the end."""

    area: str
    content: str
    next: int | None = None


@query
class ReadAttachment(AuditedQuery[AttachmentPiece | None]):
    """Read a piece of an attachment of a need, from the part with that number on."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadAttachment"
    recorded_as: ClassVar[str] = "need_attachment"
    about: ClassVar[str] = "need_id"
    need_id: Id
    attachment_id: Id
    number: int = Field(default=0, ge=0, lt=MOST_PARTS)
