"""The register of breaches (个人信息安全事件), at `/v1/breaches`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.breaches import (
    AuthorityNotified,
    BreachChanged,
    BreachClosed,
    BreachOverdue,
    BreachRecorded,
    BreachShape,
    ChangeBreach,
    CloseBreach,
    NoticeRequired,
    NotifyAuthority,
    NotifyPeople,
    PeopleNotified,
    RecordBreach,
    RequireNotice,
)

FEATURE: Final = plain_feature(
    "breaches",
    path="breaches",
    noun="breach",
    shape=BreachShape,
    events=(
        BreachRecorded,
        BreachChanged,
        AuthorityNotified,
        PeopleNotified,
        NoticeRequired,
        BreachOverdue,
        BreachClosed,
    ),
    create=RecordBreach,
    actions={
        "change": ChangeBreach,
        "notify-authority": NotifyAuthority,
        "notify-people": NotifyPeople,
        "require-notice": RequireNotice,
        "close": CloseBreach,
    },
    filters=("kind", "state", "severity", "cause"),
    counted=("state", "severity"),
    example={
        "area": "110102009",
        "kind": "disclosed",
        "found_at": "2026-03-02T08:00:00Z",
        "categories": ["names", "contacts"],
        "people_least": 3,
        "people_most": 40,
        "cause": "misdirected",
        "harms": ["fraud"],
        "measures": ["deletion_confirmed"],
    },
)
