"""An organisation's part in the five-society linkage at a station: linked, unlinked. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from services.stations.network.domain import Station
from services.stations.organisations.domain import Organisation
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.participants import (
    LinkOrganisation,
    ParticipantShape,
    ParticipationEnd,
    UnlinkOrganisation,
    UnlinkReason,
)
from shared.engine.plain import Aggregate, Exclusive


class Participant(ParticipantShape, Aggregate):
    """An organisation's part as it is stored."""

    collection: ClassVar[str] = "participants"


def works_in(organisation: Organisation, area: str) -> bool:
    """Return whether the organisation has its seat in the area, or works in it."""
    return any(area.startswith(one) or one.startswith(area) for one in (organisation.area, *organisation.areas))


def linked(
    asked: LinkOrganisation, station: Station, organisation: Organisation, participant_id: str, now: datetime
) -> Participant:
    """Return the organisation as linked to the station.

    Raises Refused: "wrong_state" of an organisation that is not active, "invalid" for one that does not work in the
    area of the station, and for a role that it does not have.
    """
    if organisation.state != "active":
        raise Refused(
            "wrong_state", "organisation_not_in_state", field="organisation_id",
            state=organisation.state, allowed="active",
        )  # fmt: skip
    if not works_in(organisation, station.area):
        raise Refused("invalid", "works_elsewhere", field="organisation_id", area=station.area)
    if asked.role not in organisation.roles:
        raise Refused("invalid", "role_not_held", field="role", role=asked.role, held=",".join(organisation.roles))
    return Participant(
        id=participant_id, version=0, area=station.area, station_id=station.id, organisation_id=organisation.id,
        role=asked.role, state="linked", linked_at=now,
    )  # fmt: skip


def unlinked(asked: UnlinkOrganisation, before: Participant, now: datetime) -> Participant:
    """Return the organisation as unlinked. Raises Refused("wrong_state") where it is unlinked already."""
    if before.state != "linked":
        raise Refused("wrong_state", "participant_unlinked", field="id")
    return ended(before, asked.reason, now)


def ended(before: Participant, reason: UnlinkReason | ParticipationEnd, now: datetime) -> Participant:
    """Return the organisation as unlinked, for that reason."""
    return before.model_copy(update={"state": "unlinked", "ended_at": now, "reason": reason})


def find_next_step(_: Participant) -> NextStep | None:
    """Return None: a part in the linkage waits for nothing."""
    return None


def list_exclusive(participant: Participant) -> Sequence[Exclusive]:
    """Return the one part that an organisation has at a station in each role."""
    if participant.state != "linked":
        return ()
    return (Exclusive(f"{participant.station_id}:{participant.organisation_id}:{participant.role}", "role"),)
