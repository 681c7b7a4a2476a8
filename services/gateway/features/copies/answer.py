"""The file of a copy."""

import json
from collections.abc import Sequence

from pydantic import Field, JsonValue

from services.gateway.http.answers import Answer, InstantText, PersonAnswer
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.copies import CopiedPart, LeftOut
from shared.contracts.reasons import Reason


class CopiedItem(Answer):
    """One stored document about the person, with the personal data in clear."""

    person: PersonAnswer
    collection: str
    id: str
    content: dict[str, JsonValue]
    kept: ReasonAnswer | None = Field(description="The reason for which an erasure would leave it; null: it goes.")


class LeftOutItem(Answer):
    """A collection that is not in the copy, and the reason."""

    collection: str
    reason: ReasonAnswer


class ServiceCopy(Answer):
    """The part of one service. `missing` is the reason code where it is not whole."""

    service: str
    complete: bool
    missing: str | None
    known: list[str] = Field(description="The ids of the persons whom the service knows.")
    items: list[CopiedItem]
    left_out: list[LeftOutItem]
    failed_messages: int = Field(description="Messages that failed and name the person, kept for the operator.")
    failed_messages_read: int = Field(description="The newest messages that were read to count them.")


class CopyAnswer(Answer):
    """All that the services hold on a person. Only a copy that is `complete` is the copy that the law means."""

    people: list[PersonAnswer]
    made_at: InstantText
    complete: bool
    services: list[ServiceCopy]


def item_of(part: CopiedPart) -> CopiedItem:
    """Return a document as the file shows it."""
    return CopiedItem(
        person=PersonAnswer(kind=part.person_kind, id=part.person_id),
        collection=part.collection,
        id=part.id,
        content=json.loads(part.content),
        kept=None if part.kept is None else _worded(part.kept),
    )


def left_out_of(parts: Sequence[LeftOut]) -> list[LeftOutItem]:
    """Return the collections that a service leaves out."""
    return [LeftOutItem(collection=part.collection, reason=_worded(part.reason)) for part in parts]


def _worded(reason: Reason) -> ReasonAnswer:
    return ReasonAnswer(code=reason.code, args=dict(reason.args))
