"""Households (家庭, 户): residents who live together, each with the relation to the head (户主).

A household holds opaque ids and codes, and nothing else about anybody.
"""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Message, Scope, command, event
from shared.contracts.plain import Action, Creation, Shape
from shared.contracts.stations.residents import MANAGE

HouseholdState = Literal["standing", "dissolved"]
HeadRelation = Literal[
    "head", "spouse", "child", "parent", "grandchild", "grandparent", "sibling", "child_in_law", "parent_in_law",
    "other_relative", "not_related", "unstated",
]  # fmt: skip
"""与户主关系 (GB/T 4761-2008, in short): 户主, 配偶, 子女, 父母, 孙子女, 祖父母, 兄弟姐妹, 儿媳女婿, 公婆岳父母,
其他亲属, 非亲属, 未说明.
"""
MOST_MEMBERS: Final = 20
"""Members of one household. The law has no limit; beyond this it is a shared flat, with several households."""


class Member(Message):
    """A resident who lives in the household since a day."""

    resident_id: Id
    relation: Annotated[HeadRelation, OPEN] = Field(description="The relation to the head of the household.")
    since: date = Field(description="The day of moving in.")


class MemberRelation(Message):
    """The relation of a member to the head."""

    resident_id: Id
    relation: HeadRelation = Field(description="The relation to the head of the household.")


class HouseholdShape(Shape):
    """A household in the care of a station, with the residents who live there now. `area` is that of the station."""

    station_id: Id
    members: tuple[Member, ...] = Field(max_length=MOST_MEMBERS, description="The head first, then by moving in.")
    state: Annotated[HouseholdState, OPEN]
    dissolved_on: date | None = Field(default=None, description="The day on which the last member moved out.")


@event
class HouseholdFormed(HouseholdShape, EventData):
    """A household was recorded, with its head."""

    type: ClassVar[str] = "stations.household.formed"


@event
class HouseholdChanged(HouseholdShape, EventData):
    """Somebody has moved in or out, or the relations to the head were stated again."""

    type: ClassVar[str] = "stations.household.changed"


@event
class HouseholdTransferred(HouseholdShape, EventData):
    """Another station cares for the household from now on."""

    type: ClassVar[str] = "stations.household.transferred"


@event
class HouseholdDissolved(HouseholdShape, EventData):
    """Nobody lives in the household any more."""

    type: ClassVar[str] = "stations.household.dissolved"


class _HouseholdAction(Action):
    to: ClassVar[str] = "stations"
    permission: ClassVar[Permission] = MANAGE


@command
class FormHousehold(Creation):
    """Record a household with its head, in the care of the head's station. Answers HouseholdShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "FormHousehold"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("head_id",))
    head_id: Id = Field(description="The resident who is the head of the household.")
    since: date = Field(description="The day from which the head lives there.")


@command
class MoveIn(_HouseholdAction):
    """Record that a resident of the same station has moved into a household. Answers HouseholdShape."""

    type: ClassVar[str] = "MoveIn"
    scope: ClassVar[Scope] = Scope(found=("id", "resident_id"))
    resident_id: Id
    relation: HeadRelation = Field(description="The relation to the head of the household.")
    since: date = Field(description="The day of moving in.")


@command
class MoveOut(_HouseholdAction):
    """Record that a member has moved out; the last one dissolves the household. Answers HouseholdShape."""

    type: ClassVar[str] = "MoveOut"
    resident_id: Id
    on: date = Field(description="The day of moving out.")


@command
class RelateMembers(_HouseholdAction):
    """State the relations of all members again, also with another head. Answers HouseholdShape."""

    type: ClassVar[str] = "RelateMembers"
    members: tuple[MemberRelation, ...] = Field(
        min_length=1, max_length=MOST_MEMBERS, description="Every member once, one of them the head."
    )


@command
class TransferHousehold(_HouseholdAction):
    """Hand the care for a household and all its members over to another station. Answers HouseholdShape."""

    type: ClassVar[str] = "TransferHousehold"
    scope: ClassVar[Scope] = Scope(found=("id", "station_id"))
    station_id: Id = Field(description="The station that cares for the household from now on.")
