"""The attachments of a need as they come, are kept and go: bounded in number and bytes, judged by content. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from shared.contracts.refusals import Refused
from shared.contracts.stations.attachments import (
    MOST_ATTACHED_BYTES,
    MOST_ATTACHMENTS,
    MOST_JOINED,
    AddAttachmentPart,
    AttachmentFacts,
    MediaType,
)
from shared.engine import Entity
from shared.people import Purpose

IDLE: Final = timedelta(hours=1)
"""After so long without its last part a file is forgotten."""
SEALED_PART: Final = "sealed"
SEALED_PARTS: Final[dict[str, Purpose]] = {SEALED_PART: "person"}
"""The sealed field of a part, with the purpose of the key that seals it: that of the person whom the need is about."""
SIGNATURES: Final[Sequence[tuple[bytes, MediaType]]] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)
"""The first bytes of each form (ISO/IEC 10918-1, ISO/IEC 15948, ISO 32000-1): a name or a header may say anything."""


class Attached(BaseModel):
    """One attachment: `upload` names the request that brings it, `parts` counts those that are there."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    kind: str
    media_type: str
    size: int
    parts: int
    upload: str
    began_at: datetime
    kept: bool = False

    @property
    def facts(self) -> AttachmentFacts:
        """The facts that others may know."""
        return AttachmentFacts(
            id=self.id, kind=self.kind, media_type=self.media_type, size=self.size, added_at=self.began_at
        )


class NeedAttachments(Entity):
    """The attachments of the need with the same id, those that are coming as well; `gone` are removed ones, of which
    parts are still to be deleted: with so many of them nothing is added. `joined` are needs that ended as duplicates
    of this one, the last first: their attachments stay theirs, and are shown with it.
    """

    collection: ClassVar[str] = "need_attachments"

    items: tuple[Attached, ...] = ()
    gone: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()

    def find(self, attachment_id: str) -> Attached | None:
        """Return the attachment that is kept; None for any other id."""
        return next((one for one in self.items if one.id == attachment_id and one.kept), None)

    @property
    def kept(self) -> tuple[AttachmentFacts, ...]:
        """The facts of those that are there as a whole."""
        return tuple(one.facts for one in self.items if one.kept)


class AttachmentPart(Entity):
    """A part of an attachment: its bytes in base64, sealed by the key of the person whom the need is about."""

    collection: ClassVar[str] = "attachment_parts"

    need_id: str
    attachment_id: str
    sealed: str


def part_id(attachment_id: str, number: int) -> str:
    """Return the id of a part: those of one attachment sort by number."""
    return f"{attachment_id}.{number:03}"


def part_place(stored_id: str) -> tuple[str, str, str]:
    """Return the place that a part is sealed for."""
    return AttachmentPart.collection, stored_id, SEALED_PART


def received(
    before: NeedAttachments, asked: AddAttachmentPart, content: bytes, attachment_id: str, now: datetime
) -> Attached:
    """Return the attachment with a further part; the first part begins a file of the same request again.

    Raises Refused: "invalid" for a file of another form, a part out of order, an empty file and one above 10 MiB, and
    "wrong_state" beside MOST_ATTACHMENTS others, for a file that is kept already, and without its first part.
    """
    known = next((one for one in before.items if one.upload == asked.upload), None)
    if known is not None and known.kept:
        raise Refused("wrong_state", "attachment_kept", field="upload", id=known.id)
    if asked.number == 0:
        full = len(before.items) >= MOST_ATTACHMENTS or len(before.gone) >= MOST_ATTACHMENTS
        if known is None and full:
            raise Refused("wrong_state", "attachments_full", field="need_id", most=MOST_ATTACHMENTS)
        known = Attached(
            id=attachment_id if known is None else known.id, kind=asked.kind, media_type=media_type_of(content),
            size=0, parts=0, upload=asked.upload, began_at=now,
        )  # fmt: skip
    elif known is None:
        raise Refused("wrong_state", "attachment_not_begun", field="upload")
    elif asked.number != known.parts:
        raise Refused("invalid", "file_part_out_of_order", field="number", expected=known.parts)
    size = known.size + len(content)
    if size > MOST_ATTACHED_BYTES:
        raise Refused("invalid", "attachment_too_large", field="content", size=size, limit=MOST_ATTACHED_BYTES)
    return known.model_copy(update={"size": size, "parts": asked.number + 1, "kept": asked.last})


def with_attached(before: NeedAttachments, one: Attached) -> NeedAttachments:
    """Return the attachments with this one, in the place of the same before."""
    others = tuple(each for each in before.items if each.id != one.id)
    return before.model_copy(update={"items": (*others, one)})


def without(before: NeedAttachments, ids: Sequence[str]) -> NeedAttachments:
    """Return the attachments without these, whose parts are to be deleted."""
    gone = tuple(one.id for one in before.items if one.id in ids)
    items = tuple(one for one in before.items if one.id not in ids)
    return before.model_copy(update={"items": items, "gone": (*before.gone, *gone)})


def joined(into: NeedAttachments, ended: NeedAttachments) -> NeedAttachments:
    """Return the attachments of the need that goes on, with those of the need that has ended as its duplicate; the
    first MOST_JOINED.
    """
    needs = dict.fromkeys((ended.id, *ended.joined, *into.joined))
    return into.model_copy(update={"joined": tuple(one for one in needs if one != into.id)[:MOST_JOINED]})


def find_merged(known: NeedAttachments, merged_into: Mapping[str, str | None]) -> list[str]:
    """Return the joined needs that still stand merged into this one, directly or through another of them.

    `merged_into` has the need into which each was merged; None for one that was opened again.
    """
    found, left = [known.id], list(known.joined)
    while following := [one for one in left if merged_into.get(one) in found]:  # ends: each need is taken once
        found += following
        left = [one for one in left if one not in following]
    return [one for one in known.joined if one in found]


def find_idle(before: NeedAttachments, now: datetime) -> list[str]:
    """Return the ids of the files that have not come as a whole in time."""
    return [one.id for one in before.items if not one.kept and now >= one.began_at + IDLE]


def media_type_of(content: bytes) -> MediaType:
    """Return the form of a file by its first bytes. Raises Refused("invalid") for any other than JPEG, PNG and PDF."""
    for signature, media_type in SIGNATURES:
        if content.startswith(signature):
            return media_type
    raise Refused("invalid", "attachment_of_other_form", field="content")
