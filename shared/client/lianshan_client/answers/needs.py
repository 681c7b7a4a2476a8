"""Answers of needs: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from .common import Place, ReasonAnswer, Urgency
from .needs_parts import (
    AssessmentAnswer,
    AssessmentDue,
    BatchItem,
    BeneficiariesAnswer,
    IntakeChannel,
    LikelyDuplicate,
    LineAnswer,
    NeedAssessment,
    NeedListed,
    NeedState,
    ResourcesAnswer,
    StaffingAnswer,
    TimelineEntry,
    TriageOverride,
    VolunteersAnswer,
    WaitingAnswer,
)

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class BatchAnswer(TypedDict):
    """The outcomes, in the order posted."""

    items: list[BatchItem]


class LikelyDuplicatePage(TypedDict):
    """A page of a list, newest first."""

    items: list[LikelyDuplicate]
    next: str | None


class NamedAnswer(TypedDict):
    """The number of residents whom a need names."""

    need_id: str
    count: int


class NeedAnswer(TypedDict):
    """A need with its resources, its staffing and its timeline."""

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
    resources: ResourcesAnswer | None
    staffing: StaffingAnswer | None
    timeline: list[TimelineEntry]
    severity: NotRequired[int | None]
    score_parts: NotRequired[dict[str, int] | None]
    computed_score: NotRequired[int | None]
    score_reasons: NotRequired[list[ReasonAnswer] | None]


class NeedAssessmentsAnswer(TypedDict):
    """The assessments of a need, the first one first."""

    items: list[AssessmentAnswer]


class NeedPage(TypedDict):
    """A page of a list, newest first."""

    items: list[NeedListed]
    next: str | None


class NeedResidentsAnswer(TypedDict):
    """The residents whom a need is about. Each answer is on record."""

    need_id: str
    residents: list[str]


class ResidentNeedsAnswer(TypedDict):
    """The needs of a resident, newest first. Each answer is on record."""

    resident_id: str
    items: list[NeedListed]
    next: str | None
