"""The occurrences of a care plan (上门服务): one visit to one home on one day, and the need that serves it."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Instant, command, event
from shared.contracts.plain import Action, Reminder, Shape

OccurrenceState = Literal["planned", "made", "missed", "cancelled"]
"""Edited before its need is made; served by its need; past before a need was made; called off."""
MissedOutcome = Literal["served_otherwise", "home_informed", "next_visit_serves"]
Obstacle = Literal["service_has_begun", "need_ended", "need_not_amendable"]
"""Why the need of a visit could not follow its plan."""


class OccurrenceShape(Shape):
    """One visit. Its need goes its own way: served, confirmed, unmet."""

    plan_id: Id
    home_id: Id
    station_id: Id
    on: date = Field(description="The day of the visit by the plan's rule, also where it was moved: part of its id.")
    starts_at: Instant
    ends_at: Instant
    state: Annotated[OccurrenceState, OPEN]
    need_id: Id | None = Field(default=None, description="The need that serves the visit; null where none was made.")
    made: int = Field(default=0, description="How many needs were made for the visit, one after another.")
    own: bool = Field(default=False, description="Whether the visit was edited on its own.")
    moved: bool = Field(default=False, description="Whether a day off has moved the visit.")
    provisional: bool = Field(default=False, description="Whether the working-day calendar of its year is missing.")
    obstacle: Annotated[Obstacle, OPEN] | None = Field(
        default=None, description="Why the need of the visit did not follow the plan; null where it did."
    )
    missed_at: Instant | None = Field(default=None, description="When it was found that nobody had been asked.")
    outcome: Annotated[MissedOutcome, OPEN] | None = Field(
        default=None, description="The outcome of a missed visit, as the station states it; null before."
    )
    reminder: Reminder | None = None


@event
class OccurrenceMade(OccurrenceShape, EventData):
    """A need was made for the visit."""

    type: ClassVar[str] = "stations.occurrence.made"


@event
class OccurrenceMoved(OccurrenceShape, EventData):
    """The visit has another time, or could not be given it."""

    type: ClassVar[str] = "stations.occurrence.moved"


@event
class OccurrenceCancelled(OccurrenceShape, EventData):
    """The visit was called off, and its need with it."""

    type: ClassVar[str] = "stations.occurrence.cancelled"


@event
class OccurrenceHandedOver(OccurrenceShape, EventData):
    """The station of a visit has moved, or was merged: its successor cares for the plan."""

    type: ClassVar[str] = "stations.occurrence.handed_over"


@event
class OccurrenceMissed(OccurrenceShape, EventData):
    """The time of the visit had passed before a need could be made for it."""

    type: ClassVar[str] = "stations.occurrence.missed"


@event
class OccurrenceSettled(OccurrenceShape, EventData):
    """The station has seen to a missed visit."""

    type: ClassVar[str] = "stations.occurrence.settled"


@event
class OccurrenceOverdue(OccurrenceShape, EventData):
    """Nobody has seen to a missed visit in time, and the next level is reminded."""

    type: ClassVar[str] = "stations.occurrence.overdue"


@command
class SettleMissedVisit(Action):
    """State the outcome of a missed visit. Answers OccurrenceShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "SettleMissedVisit"
    permission: ClassVar[Permission] = "plans:manage"
    outcome: MissedOutcome
