"""Bodies of households: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.households import HeadRelation

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class FormHousehold(TypedDict):
    """Record a household with its head, in the care of the head's station. Answers HouseholdShape."""

    external_id: NotRequired[str | None]
    head_id: str
    since: str


class MemberRelation(TypedDict):
    """The relation of a member to the head."""

    resident_id: str
    relation: HeadRelation


class MoveInBody(TypedDict):
    """Record that a resident of the same station has moved into a household. Answers HouseholdShape."""

    resident_id: str
    relation: HeadRelation
    since: str


class MoveOutBody(TypedDict):
    """Record that a member has moved out; the last one dissolves the household. Answers HouseholdShape."""

    resident_id: str
    on: str


class RelateMembersBody(TypedDict):
    """State the relations of all members again, also with another head. Answers HouseholdShape."""

    members: list[MemberRelation]


class TransferHouseholdBody(TypedDict):
    """Hand the care for a household and all its members over to another station. Answers HouseholdShape."""

    station_id: str
