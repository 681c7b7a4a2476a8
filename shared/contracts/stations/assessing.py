"""The assessment (评估) of a need by its station: problem, causes, strengths and wishes, in codes and sealed words."""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.access.actor import Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Answer, AuditedQuery, Id, Instant, Text, command, event, query
from shared.contracts.need_parts import OrAbsent
from shared.contracts.stations.need_changes import NeedChange
from shared.contracts.stations.need_intake import MOST_DOMAINS, ProblemDomain, RiskLevel
from shared.contracts.stations.needs import NeedAction


@event
class NeedAssessed(NeedChange):
    """A need was assessed, for the first time or again: `assessment` is the latest one. The state has not changed."""

    type: ClassVar[str] = "stations.need.assessed"
    assessed_by: Reference | None = None


@event
class AssessmentOverdue(NeedChange):
    """An urgent need stands without an assessment: whose turn it is stands in `assessment_due.overdue`."""

    type: ClassVar[str] = "stations.need.assessment_overdue"


@command
class AssessNeed(NeedAction):
    """Assess an open need; earlier assessments stay. The words speak of people and stay with the station."""

    type: ClassVar[str] = "AssessNeed"
    permission: ClassVar[Permission] = "needs:assess"
    domains: tuple[ProblemDomain, ...] = Field(
        min_length=1, max_length=MOST_DOMAINS, description="The domains in which the problem lies."
    )
    risk: RiskLevel = Field(description="The risk of harm to the person, or by the person.")
    problem: Annotated[Text, Field(min_length=1)]
    causes: Text = ""
    strengths: Text = ""
    wishes: Text = ""


class AssessmentAnswer(Answer):
    """One assessment of a need. The words are absent once they are deleted."""

    number: int
    at: Instant
    by: Reference
    risk: Annotated[RiskLevel, OPEN]
    domains: tuple[Annotated[ProblemDomain, OPEN], ...]
    problem: OrAbsent[str] = None
    causes: OrAbsent[str] = None
    strengths: OrAbsent[str] = None
    wishes: OrAbsent[str] = None


class NeedAssessmentsAnswer(Answer):
    """The assessments of a need, the first one first."""

    items: tuple[AssessmentAnswer, ...]


@query
class ReadNeedAssessments(AuditedQuery[NeedAssessmentsAnswer]):
    """Read the assessments of a need with their words. None for an unknown id and for one outside the actor's area."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadNeedAssessments"
    recorded_as: ClassVar[str] = "need_assessments"
    about: ClassVar[str] = "need_id"
    need_id: Id
