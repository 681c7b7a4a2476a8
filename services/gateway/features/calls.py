"""Calls (代为致电) by the station in the place of notices that could not reach their volunteers, at `/v1/calls`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.volunteering.notices import CallEnded, CallOpened, EndCall, VolunteerCallShape

FEATURE: Final = plain_feature(
    "calls",
    path="calls",
    noun="call",
    shape=VolunteerCallShape,
    events=(CallOpened, CallEnded),
    actions={"end": EndCall},
    filters=("state", "volunteer_id", "dispatch_id"),
    counted=("state",),
)
