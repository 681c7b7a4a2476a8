"""Relations (照护关系) of a resident: carers, emergency contacts and guardians, residents themselves or people outside.

Name and telephone of somebody outside are sealed by the resident's own key; events hold ids and codes alone.
"""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from shared.contracts.access.actor import Reach
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import (
    OPEN,
    Answer,
    AuditedQuery,
    EventData,
    Id,
    Instant,
    Message,
    PersonName,
    Phone,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.residents import MANAGE, READ

RelationKind = Literal["carer", "emergency_contact", "guardian"]
"""照护人, 紧急联系人, 监护人."""
Tie = Literal[
    "spouse", "child", "parent", "grandchild", "grandparent", "sibling", "other_relative", "neighbour", "friend",
    "paid_carer", "organisation", "unstated",
]  # fmt: skip
"""The tie to the resident: 配偶, 子女, 父母, 孙子女, 祖父母, 兄弟姐妹, 其他亲属, 邻居, 朋友, 护工, 组织 (as a
residents' committee: Civil Code (民法典), art. 32), 未说明.
"""
RelationState = Literal["standing", "ended"]
RelationEnd = Literal["no_longer", "died", "recorded_by_mistake", "data_erased", "resident_died"]
EndingReason = Literal["no_longer", "died", "recorded_by_mistake"]
MOST_RELATIONS: Final = 10
"""Relations of one resident that stand at a time."""


class OutsideContact(Message):
    """Somebody who is no registered resident. Personal data: sealed with the resident's key."""

    name: PersonName
    phone: Phone


class RelationShape(Shape):
    """A relation of the resident with `resident_id`. `area` is that of the resident's station."""

    station_id: Id
    resident_id: Id
    kind: Annotated[RelationKind, OPEN] = Field(description="The part that the other person takes.")
    tie: Annotated[Tie, OPEN] = Field(description="The tie of the other person to the resident.")
    related_id: Id | None = Field(default=None, description="The other person, where it is a registered resident.")
    since: date = Field(description="The day from which the relation stands.")
    state: Annotated[RelationState, OPEN]
    reason: Annotated[RelationEnd, OPEN] | None = Field(default=None, description="Why the relation has ended.")
    until: date | None = Field(default=None, description="The day on which the relation ended.")
    replace_by: Instant | None = Field(
        default=None, description="When somebody else is to be recorded by, since the other person is gone."
    )
    reminder: Reminder | None = None


@event
class RelationRecorded(RelationShape, EventData):
    """A carer, an emergency contact or a guardian of a resident was recorded."""

    type: ClassVar[str] = "stations.relation.recorded"


@event
class RelationChanged(RelationShape, EventData):
    """Tie or contact of a relation was corrected, the relation has gone to another station with the resident, or the
    place of somebody who is gone was taken.
    """

    type: ClassVar[str] = "stations.relation.changed"


@event
class RelationEnded(RelationShape, EventData):
    """A relation has ended."""

    type: ClassVar[str] = "stations.relation.ended"


@event
class RelationOverdue(RelationShape, EventData):
    """Nobody has taken the place of a carer, contact or guardian in time, and the next level is reminded."""

    type: ClassVar[str] = "stations.relation.overdue"


@command
class RecordRelation(Creation):
    """Record a carer, an emergency contact or a guardian: a resident, or somebody outside. Answers RelationShape.

    One of a kind takes the place of those of this kind whose person is gone.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RecordRelation"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("resident_id", "related_id"))
    resident_id: Id
    kind: RelationKind = Field(description="The part that the other person takes.")
    tie: Tie = Field(description="The tie of the other person to the resident.")
    since: date = Field(description="The day from which the relation stands.")
    related_id: Id | None = Field(default=None, description="The other person, where it is a registered resident.")
    contact: OutsideContact | None = Field(default=None, description="The other person, where it is none.")

    @model_validator(mode="after")
    def _names_one(self) -> "RecordRelation":
        if (self.related_id is None) == (self.contact is None):
            raise broken_rule("resident_or_contact", field="contact")
        return self


@command
class ChangeRelation(Action):
    """Correct the tie, or the contact of somebody outside. Answers RelationShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ChangeRelation"
    permission: ClassVar[Permission] = MANAGE
    tie: Tie | None = Field(default=None, description="The tie of the other person to the resident.")
    contact: OutsideContact | None = Field(default=None, description="The contact of somebody outside.")

    @model_validator(mode="after")
    def _changes_something(self) -> "ChangeRelation":
        if self.tie is None and self.contact is None:
            raise broken_rule("nothing_to_change")
        return self


@command
class EndRelation(Action):
    """End a relation; the contact of somebody outside is deleted. Answers RelationShape.

    After a death somebody else is to be recorded, unless another one of its kind stands. Where nobody needs to take the
    place, end the relation that has ended once more: the step is done.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EndRelation"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: EndingReason


class ContactAnswer(Answer):
    """A relation that stands, with name and telephones of the other person.

    They are None for a resident beyond the reader's area, or one whose data was erased.
    """

    id: Id
    kind: Annotated[RelationKind, OPEN]
    tie: Annotated[Tie, OPEN]
    related_id: Id | None = None
    name: str | None = None
    phones: tuple[str, ...] = ()


class ContactsAnswer(Answer):
    """The carers, emergency contacts and guardians of a resident, guardians first."""

    resident_id: Id
    area: Reach
    items: tuple[ContactAnswer, ...] = Field(max_length=MOST_RELATIONS)


@query
class ReadContacts(AuditedQuery[ContactsAnswer | None]):
    """Read the people to call for a resident; the reader needs the permission `personal:read` as well."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadContacts"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "resident_contacts"
    about: ClassVar[str] = "resident_id"
    resident_id: Id


@query
class ReadFamilyContacts(AuditedQuery[ContactsAnswer | None]):
    """Read the people to tell about a resident, as far as the resident consents to it; refused without consent."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadFamilyContacts"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "family_contacts"
    about: ClassVar[str] = "resident_id"
    by_consent: ClassVar[bool] = True
    resident_id: Id
