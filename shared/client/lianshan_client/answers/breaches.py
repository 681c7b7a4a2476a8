"""Answers of breaches: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Breach(TypedDict):
    """A breach. `people_not_notified` is the reason why the people get no notice; the authority may require one."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    kind: BreachKind | str
    found_at: str
    categories: list[DataCategory | str]
    people_least: int
    people_most: int
    severity: BreachSeverity | str
    cause: BreachCause | str
    harms: list[Harm | str]
    measures: NotRequired[list[Measure | str]]
    state: BreachState | str
    authority_notified_at: NotRequired[str | None]
    people_notified_at: NotRequired[str | None]
    people_not_notified: NotRequired[Literal["measures_avoid_harm"] | str | None]
    notice_required: NotRequired[bool]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class BreachPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Breach]
    next: str | None


class BreachShape(TypedDict):
    """A breach. `people_not_notified` is the reason why the people get no notice; the authority may require one."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    kind: BreachKind | str
    found_at: str
    categories: list[DataCategory | str]
    people_least: int
    people_most: int
    severity: BreachSeverity | str
    cause: BreachCause | str
    harms: list[Harm | str]
    measures: NotRequired[list[Measure | str]]
    state: BreachState | str
    authority_notified_at: NotRequired[str | None]
    people_notified_at: NotRequired[str | None]
    people_not_notified: NotRequired[Literal["measures_avoid_harm"] | str | None]
    notice_required: NotRequired[bool]
    reminder: NotRequired[Reminder | None]


BreachCause = (
    Literal[
        "intrusion",
        "misuse_by_staff",
        "misdirected",
        "lost_device",
        "software_fault",
        "wrong_rights",
        "supplier",
        "unknown",
    ]
    | str
)


BreachKind = Literal["disclosed", "altered", "lost"] | str


BreachSeverity = Literal["general", "considerable", "serious", "extraordinary"] | str


BreachState = Literal["open", "notified", "closed"] | str


DataCategory = (
    Literal[
        "names",
        "contacts",
        "identity_numbers",
        "addresses",
        "locations",
        "health",
        "finances",
        "religion",
        "biometrics",
        "minors",
        "hardship",
        "hours_and_gifts",
    ]
    | str
)


Harm = Literal["none_likely", "fraud", "exposure", "discrimination", "safety", "loss_of_service", "unknown"] | str


Measure = (
    Literal[
        "access_closed",
        "keys_rotated",
        "passwords_reset",
        "fault_mended",
        "rights_corrected",
        "device_erased",
        "deletion_confirmed",
        "restored_from_backup",
        "people_advised",
        "police_informed",
    ]
    | str
)
