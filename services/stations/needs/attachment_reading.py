"""The audited queries of attachments: listed, and read in pieces, also those of needs that were merged into a need."""

import base64
from collections.abc import Sequence
from typing import Final

from services.stations.needs.domain.attached import AttachmentPart, NeedAttachments, find_merged, part_id, part_place
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from shared.contracts.access import Actor
from shared.contracts.stations.attachments import (
    PIECE_PARTS,
    AttachmentPiece,
    AttachmentsAnswer,
    ListAttachments,
    ReadAttachment,
)
from shared.engine import Document, QueryTable, Sealed, Store
from shared.people import Opener, read_keys
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within


def list_attachments(query: ListAttachments, store: Store, actor: Actor) -> Sealed[AttachmentsAnswer] | None:
    """Return the attachments of a need; None for an unknown need, and one outside the actor's area."""
    need = _find_need(query.need_id, store, actor)
    if need is None:
        return None
    items = tuple(facts for one in _find_shown(query.need_id, store) for facts in one.kept)
    answer = AttachmentsAnswer(need_id=query.need_id, items=items)
    return Sealed((query.need_id,), lambda: answer, areas=(str(need["area"]),))


def read_attachment(query: ReadAttachment, store: Store, actor: Actor, vault: Opener) -> Sealed[AttachmentPiece] | None:
    """Return a piece of an attachment; None for an unknown one, and one of a need outside the actor's area.

    The read of one that was added to a need merged since is on record under both.
    """
    need = _find_need(query.need_id, store, actor)
    shown = [] if need is None else _find_shown(query.need_id, store)
    found = ((each.id, one) for each in shown if (one := each.find(query.attachment_id)) is not None)
    owner, one = next(found, ("", None))
    if need is None or one is None or query.number >= one.parts:
        return None
    end = min(query.number + PIECE_PARTS, one.parts)
    ids = [part_id(one.id, number) for number in range(query.number, end)]
    parts = _find_parts(ids, store)
    if parts.keys() != set(ids):  # it was removed in between
        return None
    keys, area = read_keys(store, vault, (owner,), NeedText.collection), str(need["area"])

    def answer() -> AttachmentPiece:
        opened = (keys.open(parts[each], owner, *part_place(each)) for each in ids)
        content = base64.b64encode(b"".join(map(base64.b64decode, opened))).decode()
        following = None if end == one.parts else end
        return AttachmentPiece(area=area, content=content, next=following, **dict(one.facts))

    also = () if owner == query.need_id else (owner,)
    return Sealed((query.need_id,), answer, areas=(area,) * (1 + len(also)), also=also)


def _find_need(need_id: str, store: Store, actor: Actor) -> Document | None:
    rule: Document = {"_id": need_id, **area_within(actor.area)}
    return store[Need.collection].find_one(rule, {"area": 1}, max_time_ms=MAX_MILLIS)


def _find_shown(need_id: str, store: Store) -> list[NeedAttachments]:
    """Return the attachments of the need, then those of the needs that stand merged into it: three reads at most."""
    row = store[NeedAttachments.collection].find_one({"_id": need_id}, max_time_ms=MAX_MILLIS)
    if row is None:
        return []
    known = NeedAttachments.from_document(row)
    if not known.joined:
        return [known]
    rule: Document = {"_id": {"$in": list(known.joined)}}
    needs = store[Need.collection].find(rule, {"merged_into": 1}).max_time_ms(MAX_MILLIS)
    merged = find_merged(known, {each["_id"]: each.get("merged_into") for each in needs})
    rows = store[NeedAttachments.collection].find({"_id": {"$in": merged}}).max_time_ms(MAX_MILLIS)
    others = {each["_id"]: NeedAttachments.from_document(each) for each in rows}
    return [known, *(others[one] for one in merged if one in others)]


def _find_parts(ids: Sequence[str], store: Store) -> dict[str, str]:
    rows = store[AttachmentPart.collection].find({"_id": {"$in": list(ids)}}).max_time_ms(MAX_MILLIS)
    return {row["_id"]: str(row["sealed"]) for row in rows}


QUERIES: Final[QueryTable] = {ListAttachments: list_attachments, ReadAttachment: read_attachment}
