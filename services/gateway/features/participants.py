"""Participants of the five-society linkage (五社联动) at stations, at `/v1/participants`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.participants import (
    LinkOrganisation,
    ParticipantHandedOver,
    ParticipantLinked,
    ParticipantShape,
    ParticipantUnlinked,
    UnlinkOrganisation,
)

FEATURE: Final = plain_feature(
    "participants",
    path="participants",
    noun="participant",
    shape=ParticipantShape,
    events=(ParticipantLinked, ParticipantHandedOver, ParticipantUnlinked),
    create=LinkOrganisation,
    actions={"unlink": UnlinkOrganisation},
    filters=("station_id", "organisation_id", "role", "state"),
    counted=("role", "state"),
    example={
        "station_id": "station_00k3v9x2a4b5c6d7e8f9",
        "organisation_id": "organisation_00k3v9x2a4b5c6d7e8f9",
        "role": "social_organisation",
    },
)
