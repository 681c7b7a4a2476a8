"""The homes (服务户) of a care plan: each is the one of a need that its station knows."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Code, EventData, Id, Scope, command, event
from shared.contracts.need_parts import Place
from shared.contracts.plain import Action, Creation, Shape

HomeState = Literal["active", "removed"]
RemovalReason = Literal["no_longer_needed", "resident_moved", "declined", "served_otherwise", "entered_wrongly"]
HomeEnd = Literal[
    "no_longer_needed", "resident_moved", "declined", "served_otherwise", "entered_wrongly", "words_erased"
]  # fmt: skip
"""Why a home is visited no more: as its station decided, or because the words about it were erased."""


class HomeShape(Shape):
    """A home of a plan: a place rounded to 0.01 degree, and the number and groups of its people; nothing else."""

    plan_id: Id
    station_id: Id
    need_id: Id = Field(
        description="The need that the home was added by: its title and exact place go with each visit."
    )
    place: Place
    beneficiaries: int = Field(description="The number of people in the home.")
    groups: tuple[Code, ...] = Field(default=(), max_length=10, description="Codes of the groups they belong to.")
    state: Annotated[HomeState, OPEN]
    reason: Annotated[HomeEnd, OPEN] | None = Field(default=None, description="Why it is visited no more.")


@event
class HomeAdded(HomeShape, EventData):
    """A home was added to a plan, or one that was removed is visited again."""

    type: ClassVar[str] = "stations.home.added"


@event
class HomeRemoved(HomeShape, EventData):
    """A home is visited no more."""

    type: ClassVar[str] = "stations.home.removed"


@event
class HomeHandedOver(HomeShape, EventData):
    """The station of a home has moved, or was merged: its successor cares for the plan."""

    type: ClassVar[str] = "stations.home.handed_over"


@command
class AddHome(Creation):
    """Add the home of a need to a plan; a draft is cancelled, because the plan serves it. Answers HomeShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "AddHome"
    permission: ClassVar[Permission] = "plans:manage"
    scope: ClassVar[Scope] = Scope(found=("plan_id", "need_id"))
    plan_id: Id
    need_id: Id = Field(description="A need of the home at the plan's station: title, place and people are taken over.")


@command
class RemoveHome(Action):
    """Visit a home no more: its visits that are ahead are cancelled. Answers HomeShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RemoveHome"
    permission: ClassVar[Permission] = "plans:manage"
    reason_field: ClassVar[str] = "reason"
    reason: RemovalReason
