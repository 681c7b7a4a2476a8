"""Guidance, support and supervision (指导、支持、督导): visits to stations, and the findings that have to be corrected.

A visit and its findings hold codes, numbers and times, and nothing about a person.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Instant, Scope, command, event
from shared.contracts.plain import Action, Creation, Reminder, Shape

VisitKind = Literal["guidance", "support", "supervision"]
"""指导, 支持, 督导: the three duties of a street centre towards its stations."""
VisitState = Literal["recorded", "withdrawn"]
Topic = Literal[
    "service_quality", "case_records", "staffing", "training", "volunteers", "resources", "finances", "premises",
    "personal_data", "publicity",
]  # fmt: skip
"""The subject of a visit or a finding: 服务质量, 个案档案, 人员配置, 培训, 志愿者管理, 资源链接, 财务, 场所,
个人信息保护, 宣传.
"""
FindingSeverity = Literal["minor", "major", "serious"]
"""轻微, 较重, 严重."""
FindingState = Literal["open", "corrected", "closed", "withdrawn"]
CorrectiveAction = Literal[
    "complete_records", "train_staff", "fill_post", "change_procedure", "mend_premises", "secure_data",
    "correct_accounts", "resume_service",
]  # fmt: skip
"""补全档案, 培训人员, 补充人员, 修改流程, 整改场所, 加固信息安全, 更正账目, 恢复服务."""
WithdrawalReason = Literal["recorded_by_mistake", "duplicate"]
MOST_MINUTES: Final = 1_440
"""Of one visit: a day."""


class VisitShape(Shape):
    """A visit of a street centre, or the level above it, to a station. `area` is that of the station."""

    station_id: Id
    kind: Annotated[VisitKind, OPEN] = Field(description="The duty towards the station that the visit serves.")
    topics: tuple[Annotated[Topic, OPEN], ...] = Field(max_length=10, description="The subjects of the visit.")
    began_at: Instant = Field(description="When the visit began.")
    minutes: int = Field(description="The time given to the station.")
    state: Annotated[VisitState, OPEN]
    reason: Annotated[WithdrawalReason, OPEN] | None = None


class FindingShape(Shape):
    """A finding of a visit, with the corrective action that the station owes. `area` is that of the station."""

    visit_id: Id = Field(description="The visit that found it.")
    station_id: Id
    topic: Annotated[Topic, OPEN] = Field(description="The subject of the finding.")
    severity: Annotated[FindingSeverity, OPEN] = Field(description="How grave the finding is.")
    action: Annotated[CorrectiveAction, OPEN] = Field(description="The correction that the station owes.")
    due: Instant = Field(description="The time by which it is corrected.")
    state: Annotated[FindingState, OPEN]
    corrected_at: Instant | None = Field(default=None, description="When the station reported the correction last.")
    reopened: int = Field(default=0, description="How often a reported correction did not hold.")
    reason: Annotated[WithdrawalReason, OPEN] | None = None
    reminder: Reminder | None = None


@event
class VisitRecorded(VisitShape, EventData):
    """A visit to a station was recorded."""

    type: ClassVar[str] = "stations.visit.recorded"


@event
class VisitWithdrawn(VisitShape, EventData):
    """The record of a visit was withdrawn."""

    type: ClassVar[str] = "stations.visit.withdrawn"


@event
class VisitHandedOver(VisitShape, EventData):
    """The station of a visit has moved, or was merged: the record is with its successor."""

    type: ClassVar[str] = "stations.visit.handed_over"


@event
class FindingHandedOver(FindingShape, EventData):
    """The station of a finding has moved, or was merged: its successor has to correct it."""

    type: ClassVar[str] = "stations.finding.handed_over"


@event
class FindingRecorded(FindingShape, EventData):
    """A visit has found a thing that the station has to correct."""

    type: ClassVar[str] = "stations.finding.recorded"


@event
class FindingExtended(FindingShape, EventData):
    """The station has another time for the correction."""

    type: ClassVar[str] = "stations.finding.extended"


@event
class FindingCorrected(FindingShape, EventData):
    """The station reports the correction; the level above checks it."""

    type: ClassVar[str] = "stations.finding.corrected"


@event
class FindingReopened(FindingShape, EventData):
    """The correction does not hold."""

    type: ClassVar[str] = "stations.finding.reopened"


@event
class FindingClosed(FindingShape, EventData):
    """The correction was checked and holds."""

    type: ClassVar[str] = "stations.finding.closed"


@event
class FindingWithdrawn(FindingShape, EventData):
    """The finding was withdrawn: nothing has to be corrected."""

    type: ClassVar[str] = "stations.finding.withdrawn"


@event
class FindingOverdue(FindingShape, EventData):
    """The next step of a finding is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.finding.overdue"


@command
class RecordVisit(Creation):
    """Record a visit to a station, by the level above it. Answers VisitShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RecordVisit"
    permission: ClassVar[Permission] = "supervision:manage"
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id
    kind: VisitKind = Field(description="The duty towards the station that the visit serves.")
    topics: tuple[Topic, ...] = Field(min_length=1, max_length=10, description="The subjects of the visit.")
    began_at: Instant = Field(description="When the visit began. It has ended before it is recorded.")
    minutes: int = Field(ge=1, le=MOST_MINUTES, description="The time given to the station.")


@command
class WithdrawVisit(Action):
    """Withdraw the record of a visit; its findings stay. Answers VisitShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "WithdrawVisit"
    permission: ClassVar[Permission] = "supervision:manage"
    reason_field: ClassVar[str] = "reason"
    reason: WithdrawalReason


@command
class RecordFinding(Creation):
    """Record a finding of a visit, with the corrective action and its time. Answers FindingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RecordFinding"
    permission: ClassVar[Permission] = "supervision:manage"
    scope: ClassVar[Scope] = Scope(found=("visit_id",))
    visit_id: Id = Field(description="The visit that found it.")
    topic: Topic = Field(description="The subject of the finding.")
    severity: FindingSeverity = Field(description="How grave the finding is.")
    action: CorrectiveAction = Field(description="The correction that the station owes.")
    due: Instant = Field(description="The time by which it is corrected: at most a year ahead.")


@command
class ExtendFinding(Action):
    """Give the station another time for the correction. Answers FindingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ExtendFinding"
    permission: ClassVar[Permission] = "supervision:manage"
    due: Instant = Field(description="The time by which it is corrected: at most a year ahead.")


@command
class ReportCorrection(Action):
    """Report that the station has corrected a finding. Answers FindingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReportCorrection"
    permission: ClassVar[Permission] = "supervision:answer"


@command
class ReopenFinding(Action):
    """Have a finding corrected again, because the correction does not hold. Answers FindingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReopenFinding"
    permission: ClassVar[Permission] = "supervision:manage"
    due: Instant = Field(description="The time by which it is corrected: at most a year ahead.")


@command
class CloseFinding(Action):
    """Close a finding whose correction was checked. Answers FindingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CloseFinding"
    permission: ClassVar[Permission] = "supervision:manage"


@command
class WithdrawFinding(Action):
    """Withdraw a finding. Answers FindingShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "WithdrawFinding"
    permission: ClassVar[Permission] = "supervision:manage"
    reason_field: ClassVar[str] = "reason"
    reason: WithdrawalReason
