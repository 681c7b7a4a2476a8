"""Misdirections (误达): messages that reached somebody else than their volunteer, at `/v1/misdirections`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.volunteering.misdirections import (
    MisdirectionReminded,
    MisdirectionReported,
    MisdirectionResolved,
    MisdirectionShape,
    ResolveMisdirection,
)

FEATURE: Final = plain_feature(
    "misdirections",
    path="misdirections",
    noun="misdirection",
    shape=MisdirectionShape,
    events=(MisdirectionReported, MisdirectionReminded, MisdirectionResolved),
    actions={"resolve": ResolveMisdirection},
    filters=("state", "volunteer_id"),
    counted=("state",),
)
