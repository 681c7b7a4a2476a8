"""Posts of stations and street centres (岗位), at `/v1/posts`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.posts import (
    ChangePost,
    ClosePost,
    FillPost,
    OpenPost,
    PostChanged,
    PostClosed,
    PostFilled,
    PostHandedOver,
    PostOpened,
    PostShape,
    PostVacated,
    VacancyOverdue,
    VacatePost,
)

FEATURE: Final = plain_feature(
    "posts",
    path="posts",
    noun="post",
    shape=PostShape,
    events=(PostOpened, PostChanged, PostFilled, PostVacated, PostClosed, PostHandedOver, VacancyOverdue),
    create=OpenPost,
    actions={"change": ChangePost, "fill": FillPost, "vacate": VacatePost, "close": ClosePost},
    filters=("station_id", "function", "state", "workers"),
    counted=("function", "state"),
    example={
        "station_id": "station_00k3v9x2a4b5c6d7e8f9",
        "function": "caseworker",
        "headcount": 2,
        "fill_by": "2030-08-01T10:00:00Z",
    },
)
