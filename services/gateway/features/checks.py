"""Identity checks (身份核对) of second registrations, at `/v1/checks`, seen with the permission to merge alone."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.volunteering.checks import (
    CheckDisowned,
    CheckOpened,
    CheckReminded,
    CheckResolved,
    CheckShape,
    ResolveCheck,
)

FEATURE: Final = plain_feature(
    "checks",
    path="checks",
    noun="check",
    shape=CheckShape,
    events=(CheckOpened, CheckDisowned, CheckReminded, CheckResolved),
    create=None,
    actions={"resolve": ResolveCheck},
    filters=("state", "volunteer_id", "known_id"),
    counted=("state",),
)
