"""Bodies of relations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import RelationKind, RelationTie

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ChangeRelationBody(TypedDict):
    """Correct the tie, or the contact of somebody outside. Answers RelationShape."""

    tie: NotRequired[RelationTie | None]
    contact: NotRequired[OutsideContact | None]


class EndRelationBody(TypedDict):
    """End a relation; the contact of somebody outside is deleted. Answers RelationShape."""

    reason: EndOfRelation


class OutsideContact(TypedDict):
    """Somebody who is no registered resident. Personal data: sealed with the resident's key."""

    name: str
    phone: str


class RecordRelation(TypedDict):
    """Record a carer, an emergency contact or a guardian: a resident, or somebody outside. Answers RelationShape."""

    external_id: NotRequired[str | None]
    resident_id: str
    kind: RelationKind
    tie: RelationTie
    since: str
    related_id: NotRequired[str | None]
    contact: NotRequired[OutsideContact | None]


EndOfRelation = Literal["no_longer", "died", "recorded_by_mistake"]
