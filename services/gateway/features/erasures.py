"""Erasures (删除): requests to delete the platform's data about persons, with their reports, at `/v1/erasures`.

Those that name a resident or a social worker are shown with `residents:read` alone.
"""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.erasures import (
    ErasureCompleted,
    ErasureOverdue,
    ErasureProgressed,
    ErasureRequested,
    ErasureShape,
    PrivateErasureCompleted,
    PrivateErasureOverdue,
    PrivateErasureProgressed,
    PrivateErasureRequested,
    RequestErasure,
)

FEATURE: Final = plain_feature(
    "erasures",
    path="erasures",
    noun="erasure",
    shape=ErasureShape,
    events=(
        ErasureRequested,
        ErasureProgressed,
        ErasureCompleted,
        ErasureOverdue,
        PrivateErasureRequested,
        PrivateErasureProgressed,
        PrivateErasureCompleted,
        PrivateErasureOverdue,
    ),
    create=RequestErasure,
    actions={},
    filters=("state", "ground"),
    counted=("state", "ground"),
    example={
        "people": [{"kind": "volunteer", "id": "vol_00k3v9x2a4b5c6d7e8f9"}],
        "ground": "consent_withdrawn",
        "area": "110102009",
    },
)
