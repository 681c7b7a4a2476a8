"""Answers of common: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ChangeAnswer(TypedDict):
    """One change, and the fields that it changed with their new values; of the first one all fields."""

    version: int
    happened: str
    at: str
    changed: dict[str, JsonValue]


class Choice(TypedDict):
    """One of the answers to an indicator of choices."""

    code: str
    zh: str
    en: str


class CountAnswer(TypedDict):
    """The number of things that agree in these fields."""

    values: dict[str, JsonValue]
    count: int


class CountsAnswer(TypedDict):
    """The counts of an area, and their sum."""

    total: int
    items: list[CountAnswer]


class DuplicateAnswer(TypedDict):
    """Somebody who is perhaps the same person, with the reasons for and against."""

    kind: PersonKind | str
    id: str
    area: str
    score: int
    reasons: list[ReasonAnswer]


class DuplicatesAnswer(TypedDict):
    """The likely duplicates, the likeliest first, at most 20."""

    items: list[DuplicateAnswer]
    compared: int
    crowded: list[CrowdedMark | str]
    unanswered: list[str]


class FoundPerson(TypedDict):
    """A person by reference: nothing about the person is shown. `area` is that in which the owner keeps them."""

    kind: PersonKind | str
    id: str
    area: str


class HistoryAnswer(TypedDict):
    """The changes in order, oldest first."""

    items: list[ChangeAnswer]
    next: str | None


class NextStepAnswer(TypedDict):
    """The next step of an open thing, and the instant after which it is overdue; null where it has no date."""

    code: str
    args: NotRequired[dict[str, str | int]]
    due: NotRequired[str | None]
    text: str


class PeopleFoundAnswer(TypedDict):
    """The people who fit, at most 20."""

    items: list[FoundPerson]
    more: bool
    unanswered: list[str]


class PersonAnswer(TypedDict):
    """A person by the id under which one service knows them."""

    kind: PersonKind | str
    id: str


class Place(TypedDict):
    """A point, WGS 84 degrees."""

    lon: float
    lat: float


class ReasonAnswer(TypedDict):
    """A reason code with its values, see docs/reason-codes.md."""

    code: str
    args: NotRequired[dict[str, str | int]]
    text: str


class Reminder(TypedDict):
    """The last reminder of a next step that is overdue: whose turn it was, and the instant of the next one."""

    step: str
    was_due: str
    level: OverdueLevel | str
    area: str
    next_at: str


class Threshold(TypedDict):
    """The values that have one severity: numbers from `at_least` on and up to `at_most`, or one of the `answers`."""

    severity: RiskSeverity | str
    at_least: NotRequired[int | None]
    at_most: NotRequired[int | None]
    answers: NotRequired[list[str]]
    people: NotRequired[PeopleOfThreshold | str]
    age_from: NotRequired[int | None]
    age_to: NotRequired[int | None]


CheckState = Literal["open", "same_person", "another_person", "nobody"] | str


CrowdedMark = Literal["identity_number", "phone", "sound", "household"] | str


DisowningReason = Literal["not_me", "details_misused", "shared_telephone"] | str


DispatchState = (
    Literal["offered", "accepted", "declined", "expired", "checked_in", "checked_out", "credited", "cancelled"] | str
)


EnquiryAnswer = Literal["capacity", "no_capacity", "waitlist"] | str


GivenBy = Literal["self", "guardian"] | str


IndicatorKind = Literal["number", "choice", "yes_no"] | str


JsonValue = Any


LineKind = Literal["goods", "money", "service"] | str


LinkageRole = Literal["community", "social_work", "social_organisation", "volunteering", "charity_resources"] | str


NoticeLanguage = Literal["en", "zh"] | str


NoticeTemplate = Literal["offer", "booking", "reminder", "cancelled", "thanks"] | str


Obtained = Literal["in_person", "in_writing", "by_telephone", "online"] | str


OverdueLevel = Literal["station", "street", "district"] | str


PeopleOfThreshold = Literal["everybody", "women", "men"] | str


PersonKind = Literal["volunteer", "donor", "need", "resident", "worker"] | str


ReceiverKind = Literal["station", "organisation"] | str


ReferralEndReason = (
    Literal[
        "no_capacity",
        "outside_scope",
        "consent_missing",
        "already_served",
        "facts_missing",
        "consent_withdrawn",
        "served_otherwise",
        "another_receiver",
        "sent_by_mistake",
        "receiver_closed",
    ]
    | str
)


ReferralOutcome = Literal["served", "in_long_term_care", "referred_on", "resident_declined", "not_served"] | str


ReferralState = Literal["enquired", "answered", "in_progress", "accepted", "done", "rejected", "revoked"] | str


RelationKind = Literal["carer", "emergency_contact", "guardian"] | str


RelationTie = (
    Literal[
        "spouse",
        "child",
        "parent",
        "grandchild",
        "grandparent",
        "sibling",
        "other_relative",
        "neighbour",
        "friend",
        "paid_carer",
        "organisation",
        "unstated",
    ]
    | str
)


RiskSeverity = Literal["watch", "high", "critical"] | str


SupervisionTopic = (
    Literal[
        "service_quality",
        "case_records",
        "staffing",
        "training",
        "volunteers",
        "resources",
        "finances",
        "premises",
        "personal_data",
        "publicity",
    ]
    | str
)


SupervisionWithdrawal = Literal["recorded_by_mistake", "duplicate"] | str


TrainingDimension = (
    Literal[
        "station_practice",
        "casework_methods",
        "project_management",
        "resident_mobilisation",
        "resource_linking",
        "culture_building",
    ]
    | str
)


Urgency = Literal["low", "normal", "high", "urgent"] | str


VisitObstacle = Literal["service_has_begun", "need_ended", "need_not_amendable"] | str


VisitState = Literal["recorded", "withdrawn"] | str
