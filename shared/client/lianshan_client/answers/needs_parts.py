"""Answers of needs_parts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import LineKind, Place, ReasonAnswer, Reminder, Urgency

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Amount(TypedDict):
    """The committed and the fulfilled amount of a line, in base units or fen."""

    line_id: str
    committed: int
    fulfilled: int


class AssessmentAnswer(TypedDict):
    """One assessment of a need. The words are absent once they are deleted."""

    number: int
    at: str
    by: str
    risk: RiskLevel | str
    domains: list[ProblemDomain | str]
    problem: NotRequired[str | None]
    causes: NotRequired[str | None]
    strengths: NotRequired[str | None]
    wishes: NotRequired[str | None]


class AssessmentDue(TypedDict):
    """The instant by which an urgent need is to be assessed; `overdue` is set from the first reminder on."""

    due: str
    overdue: NotRequired[Reminder | None]


class BatchItem(TypedDict):
    """The outcome of one need of several: `need` with 201, otherwise `error`."""

    status: int
    need: NotRequired[NeedListed | None]
    error: NotRequired[ProblemDocument | None]


class BeneficiariesAnswer(TypedDict):
    """The number of people, and the groups they belong to."""

    count: int
    groups: list[str]


class BrokenRule(TypedDict):
    """One field that breaks one rule."""

    field: str
    rule: str
    args: dict[str, str | int]
    detail: str


class LikelyDuplicate(TypedDict):
    """A need that may be the same as another, registered before or at once."""

    id: str
    state: NeedState | str
    station_id: str
    registered_at: str | None
    alike: list[ReasonAnswer]


class LineAnswer(TypedDict):
    """One line, and how far it has come, in base units or fen; `quantity` and `unit` repeat the request."""

    id: str
    kind: LineKind | str
    item: NotRequired[str | None]
    unit: NotRequired[str | None]
    quantity: NotRequired[int | None]
    base_unit: NotRequired[str | None]
    amount_fen: NotRequired[int | None]
    requested: int
    divisible: NotRequired[bool]
    min_useful: NotRequired[int]
    committed: int
    fulfilled: int
    purpose: NotRequired[str | None]


class NeedAssessment(TypedDict):
    """The latest assessment of a need in codes: the first one of a need has number 1."""

    number: int
    at: str
    risk: RiskLevel | str
    domains: list[ProblemDomain | str]


class NeedListed(TypedDict):
    """A need. Title, location and other words only for keys with the permission `personal:read`; `place` is rounded."""

    id: str
    external_id: NotRequired[str | None]
    version: int
    state: NeedState | str
    station_id: str
    area: str
    theme: str
    urgency: Urgency | str
    score: int
    due: str
    place: Place
    beneficiaries: BeneficiariesAnswer
    lines: list[LineAnswer]
    volunteers: VolunteersAnswer | None
    waiting: list[WaitingAnswer]
    channel: NotRequired[IntakeChannel | str]
    assessment: NotRequired[NeedAssessment | None]
    assessment_due: NotRequired[AssessmentDue | None]
    triage_override: NotRequired[TriageOverride | None]
    merged_into: NotRequired[str | None]
    title: str | None
    location: Place | None
    registered_at: NotRequired[str | None]
    published_at: str | None
    possible_duplicates: NotRequired[list[LikelyDuplicate] | None]
    cancel_reason: NotRequired[str]
    amend_note: NotRequired[str]
    confirm_note: NotRequired[str]
    evaluation_comment: NotRequired[str]


class ProblemDocument(TypedDict):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    rule: str
    args: dict[str, str | int]
    errors: NotRequired[list[BrokenRule]]


class ResourcesAnswer(TypedDict):
    """The resources that charity has linked, and every ring that it searched."""

    state: LinkState | str
    amounts: list[Amount]
    sources: list[SourceAnswer]
    tried: list[TriedAnswer]


class SourceAnswer(TypedDict):
    """The source of a part of a line."""

    line_id: str
    account_id: str
    transfer_id: str
    ring: SupplyRing | str
    amount: int


class StaffingAnswer(TypedDict):
    """How far the staffing has come, and every ring that was searched."""

    state: StaffingState | str
    headcount: int
    confirmed: int
    offered: int
    checked_in: int
    checked_out: int
    tried: list[TriedAnswer]


class TimelineEntry(TypedDict):
    """One event about the need, by any of the three services."""

    at: str
    what: str
    reasons: list[ReasonAnswer]
    waiting: NotRequired[list[WaitingAnswer]]


class TriageOverride(TypedDict):
    """The score that a supervisor has given a need instead of the computed one, and why."""

    score: int
    reason_code: OverrideReason | str
    by: str
    at: str


class TriedAnswer(TypedDict):
    """One ring that was searched, its yield, and the reasons for it."""

    ring: SupplyRing | str
    gave: int
    reasons: list[ReasonAnswer]
    line_id: str | None


class VolunteersAnswer(TypedDict):
    """The request for volunteers, and how many are confirmed and offered."""

    headcount: int
    skills: list[str]
    languages: list[str]
    starts_at: str
    ends_at: str
    confirmed: int
    offered: int


class WaitingAnswer(TypedDict):
    """A thing that is awaited, the reason why it is not there yet, and the next step."""

    for_what: ReasonAnswer
    reason: ReasonAnswer
    next_step: ReasonAnswer


IntakeChannel = Literal["unspecified", "visit", "hotline", "online", "screening", "referral", "agency", "grid"] | str


LinkState = Literal["waiting", "partial", "committed", "delivered", "released"] | str


NeedState = (
    Literal[
        "draft",
        "assessed",
        "published",
        "ready",
        "in_service",
        "served",
        "confirmed",
        "partly_served",
        "evaluated",
        "cancelled",
        "unmet",
    ]
    | str
)


OverrideReason = (
    Literal[
        "immediate_danger",
        "condition_worsened",
        "circumstances_misjudged",
        "support_found",
        "disaster_response",
        "directed_from_above",
        "override_lifted",
    ]
    | str
)


ProblemDomain = (
    Literal[
        "livelihood",
        "health",
        "mental_health",
        "daily_care",
        "family",
        "education",
        "employment",
        "housing",
        "legal_affairs",
        "safety",
        "social_life",
    ]
    | str
)


RiskLevel = Literal["none", "low", "medium", "high"] | str


StaffingState = Literal["searching", "offered", "waiting", "staffed", "serving", "served", "credited", "released"] | str


SupplyRing = Literal["station", "community", "street", "district", "city", "campaign"] | str
