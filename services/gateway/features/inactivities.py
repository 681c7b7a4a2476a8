"""Inactivities (长期不活跃) of volunteers with hours to spend, whose data is kept or erased, at `/v1/inactivities`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.volunteering.inactivity import (
    InactivityEnded,
    InactivityKept,
    InactivityOpened,
    InactivityShape,
    KeepInactiveVolunteer,
)

FEATURE: Final = plain_feature(
    "inactivities",
    path="inactivities",
    noun="inactivity",
    shape=InactivityShape,
    events=(InactivityOpened, InactivityKept, InactivityEnded),
    actions={"keep": KeepInactiveVolunteer},
    filters=("state", "volunteer_id"),
    counted=("state",),
)
