"""The commands, timers and queries of attachments: parts kept sealed, read in pieces on record, deleted step by step.

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
    part_id,
    part_place,
    received,
    with_attached,
    without,
)
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from shared.contracts.access import Actor
from shared.contracts.messages import Timer
from shared.contracts.refusals import Refused
from shared.contracts.stations.attachments import (
    PIECE_PARTS,
    AddAttachmentPart,
    AttachmentAnswer,
    AttachmentPiece,
    AttachmentsAnswer,
    ListAttachments,
    ReadAttachment,
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
    Query,
    QueryTable,
    Sealed,
    Store,
    UnitOfWork,
)
from shared.engine.reminders import AT_ONCE
from shared.people import Keeper, Opener, key_loads, key_of, read_keys
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within


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

    Raises Refused("not_found") for an attachment that the need does not have.
    """
    asked = message.data
    yield [Get(Need, asked.need_id, message.actor.area), Get(NeedAttachments, asked.need_id)]
    work = yield TURN
    need = current_need(work, asked)
    before = work.get(NeedAttachments, need.id)
    if before is None or before.find(asked.attachment_id) is None:
        raise Refused("not_found", "unknown_id", field="attachment_id", kind="attachment", id=asked.attachment_id)
    after = work.put(without(before, [asked.attachment_id]))
    work.remind(f"need:{need.id}:attachments", work.now + AT_ONCE, AttachmentsDue(need_id=need.id))
    return AttachmentsAnswer(need_id=need.id, items=after.kept)


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


def list_attachments(query: ListAttachments, store: Store, actor: Actor) -> Sealed[AttachmentsAnswer] | None:
    """Return the attachments of a need; None for an unknown need, and one outside the actor's area."""
    need = _find_need(query.need_id, store, actor)
    if need is None:
        return None
    known = _find_attachments(query.need_id, store)
    answer = AttachmentsAnswer(need_id=query.need_id, items=() if known is None else known.kept)
    return Sealed((query.need_id,), lambda: answer, areas=(str(need["area"]),))


def read_attachment(query: ReadAttachment, store: Store, actor: Actor, vault: Opener) -> Sealed[AttachmentPiece] | None:
    """Return a piece of an attachment; None for an unknown one, and one of a need outside the actor's area."""
    need = _find_need(query.need_id, store, actor)
    known = None if need is None else _find_attachments(query.need_id, store)
    one = None if known is None else known.find(query.attachment_id)
    if need is None or one is None or query.number >= one.parts:
        return None
    end = min(query.number + PIECE_PARTS, one.parts)
    ids = [part_id(one.id, number) for number in range(query.number, end)]
    rows = store[AttachmentPart.collection].find({"_id": {"$in": ids}}).max_time_ms(MAX_MILLIS)
    parts = {row["_id"]: str(row["sealed"]) for row in rows}
    if parts.keys() != set(ids):  # it was removed in between
        return None
    keys, area = read_keys(store, vault, (query.need_id,), NeedText.collection), str(need["area"])

    def answer() -> AttachmentPiece:
        opened = (keys.open(parts[each], query.need_id, *part_place(each)) for each in ids)
        content = base64.b64encode(b"".join(map(base64.b64decode, opened))).decode()
        following = None if end == one.parts else end
        return AttachmentPiece(area=area, content=content, next=following, **dict(one.facts))

    return Sealed((query.need_id,), answer, areas=(area,))


def _find_need(need_id: str, store: Store, actor: Actor) -> Document | None:
    rule: Document = {"_id": need_id, **area_within(actor.area)}
    return store[Need.collection].find_one(rule, {"area": 1}, max_time_ms=MAX_MILLIS)


def _find_attachments(need_id: str, store: Store) -> NeedAttachments | None:
    row = store[NeedAttachments.collection].find_one({"_id": need_id}, max_time_ms=MAX_MILLIS)
    return None if row is None else NeedAttachments.from_document(row)


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
QUERIES: Final[QueryTable] = {ListAttachments: list_attachments, ReadAttachment: read_attachment}
