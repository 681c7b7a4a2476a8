"""Participants of the five-society linkage (五社联动) at a station: organisations with the role that each has there."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Instant, Scope, command, event
from shared.contracts.plain import Action, Creation, Shape
from shared.contracts.stations.organisations import LinkageRole

ParticipantState = Literal["linked", "unlinked"]
UnlinkReason = Literal["agreement_ended", "organisation_left", "linked_by_mistake"]
ParticipationEnd = Literal["organisation_ended", "station_closed", "station_merged"]
"""The ends that follow from something else; nobody gives them."""


class ParticipantShape(Shape):
    """An organisation's part in the linkage at a station. `area` is that of the station."""

    station_id: Id
    organisation_id: Id
    role: Annotated[LinkageRole, OPEN] = Field(description="The role of the organisation at the station.")
    state: Annotated[ParticipantState, OPEN]
    linked_at: Instant = Field(description="When the organisation was linked to the station.")
    ended_at: Instant | None = Field(default=None, description="When it was unlinked; null while it is linked.")
    reason: Annotated[Literal[UnlinkReason, ParticipationEnd], OPEN] | None = Field(
        default=None, description="Why it was unlinked; null while it is linked."
    )


@event
class ParticipantLinked(ParticipantShape, EventData):
    """An organisation takes part in the linkage at a station."""

    type: ClassVar[str] = "stations.participant.linked"


@event
class ParticipantHandedOver(ParticipantShape, EventData):
    """An organisation takes part at the successor of the station."""

    type: ClassVar[str] = "stations.participant.handed_over"


@event
class ParticipantUnlinked(ParticipantShape, EventData):
    """An organisation takes part at the station no more."""

    type: ClassVar[str] = "stations.participant.unlinked"


@command
class LinkOrganisation(Creation):
    """Link an organisation to a station, with one of its roles in the linkage. Answers ParticipantShape.

    An organisation of another area is linked where it works in that of the station.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "LinkOrganisation"
    permission: ClassVar[Permission] = "organisations:manage"
    scope: ClassVar[Scope] = Scope(found=("station_id", "organisation_id"))
    station_id: Id
    organisation_id: Id
    role: LinkageRole = Field(description="The role of the organisation at the station: one that it has.")


@command
class UnlinkOrganisation(Action):
    """Unlink an organisation from a station. Answers ParticipantShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "UnlinkOrganisation"
    permission: ClassVar[Permission] = "organisations:manage"
    reason_field: ClassVar[str] = "reason"
    reason: UnlinkReason
