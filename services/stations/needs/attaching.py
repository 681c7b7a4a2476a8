"""The commands and timers of attachments: parts kept sealed, and deleted step by step.

The parts are documents of the same store, written in the transaction that counts them, so that a repeated message keeps
a part once; a file in GridFS would stand outside of it.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo.database import Database

from services.stations.needs.actions import current_need
from services.stations.needs.domain.attached import (
    IDLE,
    AttachmentPart,
    NeedAttachments,
    find_idle,
    find_merged,
    joined,
    part_id,
    part_place,
    received,
    with_attached,
    without,
)
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from shared.contracts.messages import Timer
from shared.contracts.refusals import Refused
from shared.contracts.stations.attachments import (
    AddAttachmentPart,
    AttachmentAnswer,
    AttachmentsAnswer,
    RemoveAttachment,
)
from shared.engine import (
    TURN,
    Document,
    Get,
    HandlerTable,
    Handling,
    Incoming,
    Load,
    Loading,
    Query,
    UnitOfWork,
    take_turn,
)
from shared.engine.reminders import AT_ONCE
from shared.people import Keeper, key_loads, key_of
from shared.people.storage import MAX_MILLIS


class AttachmentsDue(Timer):
    """Files of a need that did not come as a whole are forgotten, and parts of removed ones deleted."""

    type: ClassVar[str] = "stations.attachments_due"
    need_id: str


@dataclass(frozen=True)
class PartsOf(Query[AttachmentPart]):
    """The next parts of all attachments of a need."""

    need_id: str
    model = AttachmentPart
    limit: ClassVar[int] = 10

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        parts = database[AttachmentPart.collection]
        found = (parts.find({"need_id": query.need_id}) for query in queries)
        return [list(rows.sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: AttachmentPart) -> bool:
        """Return whether the part is of an attachment of that need."""
        return entity.need_id == self.need_id


@dataclass(frozen=True)
class PartsOfOne(Query[AttachmentPart]):
    """The next parts of one attachment."""

    attachment_id: str
    model = AttachmentPart
    limit: ClassVar[int] = PartsOf.limit

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each, by the range of their ids."""
        parts = database[AttachmentPart.collection]
        bounds = ({"$gt": f"{query.attachment_id}.", "$lt": f"{query.attachment_id}/"} for query in queries)
        found = (parts.find({"_id": each}) for each in bounds)
        return [list(rows.sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: AttachmentPart) -> bool:
        """Return whether the part is of that attachment."""
        return entity.attachment_id == self.attachment_id


def add_part(message: Incoming[AddAttachmentPart], vault: Keeper) -> Handling:
    """Keep a part of a file of a need, sealed. Answers AttachmentAnswer.

    Raises Refused("not_found") for a need beyond the actor's area, Refused("wrong_state") where its words are erased,
    and as `received` does.
    """
    asked = message.data
    own: list[Load] = [Get(NeedAttachments, asked.need_id), Get(NeedText, asked.need_id), *key_loads(asked.need_id)]
    yield [Get(Need, asked.need_id, message.actor.area), *own]
    work = yield TURN
    need = current_need(work, asked)
    if (text := work.get(NeedText, need.id)) is None:
        raise Refused("wrong_state", "words_erased", field="need_id")
    before = work.get(NeedAttachments, need.id) or NeedAttachments(id=need.id)
    one = received(before, asked, _decoded(asked.content), work.new_id("attachment"), work.now)
    stored_id = part_id(one.id, asked.number)
    yield [Get(AttachmentPart, stored_id)]
    sealed = key_of(work, vault, need.id, text).seal(asked.content, *part_place(stored_id))
    known = work.get(AttachmentPart, stored_id)
    part = known or AttachmentPart(id=stored_id, need_id=need.id, attachment_id=one.id, sealed="")
    work.put(part.model_copy(update={"sealed": sealed}))
    # An erasure of the words at once is decided again, and sees the part.
    work.put(text)
    work.put(with_attached(before, one))
    if asked.number == 0:
        # Parts of removed files that are still to be deleted do not wait for this one.
        pause = AT_ONCE if before.gone else IDLE
        work.remind(f"need:{need.id}:attachments", work.now + pause, AttachmentsDue(need_id=need.id))
    return AttachmentAnswer(need_id=need.id, kept=one.kept, **dict(one.facts))


def remove_attachment(message: Incoming[RemoveAttachment]) -> Handling:
    """Delete an attachment: nobody reads it from here on, and a timer deletes its parts. Answers AttachmentsAnswer.

    Raises Refused("not_found") for an attachment that neither the need nor one that was merged into it has.
    """
    asked = message.data

    def load() -> Loading:
        work = yield [Get(Need, asked.need_id, message.actor.area), Get(NeedAttachments, asked.need_id)]
        known = work.get(NeedAttachments, asked.need_id)
        others = () if known is None else known.joined
        yield [load for one in others for load in (Get(Need, one), Get(NeedAttachments, one))]

    work = yield from take_turn(load)
    need = current_need(work, asked)
    shown = _shown_with(work, need.id)
    before = next((one for one in shown if one.find(asked.attachment_id) is not None), None)
    if before is None:
        raise Refused("not_found", "unknown_id", field="attachment_id", kind="attachment", id=asked.attachment_id)
    work.put(without(before, [asked.attachment_id]))
    work.remind(f"need:{before.id}:attachments", work.now + AT_ONCE, AttachmentsDue(need_id=before.id))
    left = (facts for one in _shown_with(work, need.id) for facts in one.kept)
    return AttachmentsAnswer(need_id=need.id, items=tuple(left))


def _shown_with(work: UnitOfWork, need_id: str) -> list[NeedAttachments]:
    """Return the attachments of the need, then those of the needs that stand merged into it."""
    known = work.get(NeedAttachments, need_id)
    if known is None:
        return []
    merged = {one: None if (need := work.get(Need, one)) is None else need.merged_into for one in known.joined}
    others = (work.get(NeedAttachments, one) for one in find_merged(known, merged))
    return [known, *(one for one in others if one is not None)]


def take_over_attachments(work: UnitOfWork, ended: Need, into: Need) -> None:
    """Have the need that goes on show the attachments of the need that ends as its duplicate. Needs the loads of both.

    They stay sealed by the key of the need that they were added to, and go with its words.
    """
    gone = work.get(NeedAttachments, ended.id) or NeedAttachments(id=ended.id)
    own = work.get(NeedAttachments, into.id) or NeedAttachments(id=into.id)
    work.put(joined(own, gone))


def clear_parts(message: Incoming[AttachmentsDue]) -> Handling:
    """Forget files that did not come as a whole, and delete the next parts of one that is gone, until none is left."""
    need_id = message.data.need_id
    work = yield [Get(NeedAttachments, need_id)]
    known = work.get(NeedAttachments, need_id)
    gone = () if known is None else (*known.gone, *find_idle(known, work.now))
    yield [PartsOfOne(one) for one in gone[:1]]
    work = yield TURN
    before = work.get(NeedAttachments, need_id)
    if before is None:
        return
    after = without(before, find_idle(before, work.now))
    if after.gone and after.gone[0] in gone[:1]:
        parts = work.find(PartsOfOne(after.gone[0]))
        for part in parts:
            work.remove(part)
        if len(parts) < PartsOfOne.limit:
            after = after.model_copy(update={"gone": after.gone[1:]})
    if after != before:
        work.put(after)
    coming = [one.began_at + IDLE for one in after.items if not one.kept]
    if after.gone or coming:
        at = work.now + AT_ONCE if after.gone else min(coming)
        work.remind(f"need:{need_id}:attachments", at, AttachmentsDue(need_id=need_id))


def remove_some(work: UnitOfWork, need_id: str) -> int | None:
    """Delete the next parts of all attachments of a need; return how many attachments went with the last of them.

    None while parts are left. Needs the loads `PartsOf` and that of `NeedAttachments`.
    """
    parts = work.find(PartsOf(need_id))
    for part in parts:
        work.remove(part)
    if parts:
        return None
    if (known := work.get(NeedAttachments, need_id)) is None:
        return 0
    work.remove(known)
    work.forget(f"need:{need_id}:attachments")
    return len(known.items)


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise Refused("invalid", "not_base64", field="content") from None


HANDLERS: Final[HandlerTable] = {
    AddAttachmentPart: add_part,
    RemoveAttachment: remove_attachment,
    AttachmentsDue: clear_parts,
}
