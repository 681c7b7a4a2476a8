"""The intake of a need (接案): the channel by which it came, and its assessment (评估) as others may know it.

The words of an assessment are about people: they are sealed, and answered by the audited query
`ReadNeedAssessments` alone.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.access.actor import Reference
from shared.contracts.messages import OPEN, Instant, Message
from shared.contracts.plain import Reminder

IntakeChannel = Literal[
    "unspecified", "visit", "hotline", "online", "screening", "referral", "agency", "grid",
]  # fmt: skip
"""求助渠道: 未注明, 走访, 热线, 线上, 筛查, 转介, 机构, 网格. A need of a release without channels has none stated."""
ProblemDomain = Literal[
    "livelihood", "health", "mental_health", "daily_care", "family", "education", "employment", "housing",
    "legal_affairs", "safety", "social_life",
]  # fmt: skip
"""问题领域: 生计, 健康, 心理, 日常照料, 家庭, 教育, 就业, 住房, 法律, 安全, 社会交往."""
RiskLevel = Literal["none", "low", "medium", "high"]
"""风险等级: 无, 低, 中, 高: the risk of harm to the person or by the person, as the social worker judges it."""
OverrideReason = Literal[
    "immediate_danger", "condition_worsened", "circumstances_misjudged", "support_found", "disaster_response",
    "directed_from_above", "override_lifted",
]  # fmt: skip
"""分级调整理由: 人身危险, 情况恶化, 情况误判, 已有支持, 灾害应急, 上级交办, 恢复计算得分."""
MOST_DOMAINS: Final = 5


class TriageOverride(Message):
    """The score that a supervisor has given a need instead of the computed one, and why."""

    score: int = Field(ge=0, le=100)
    reason_code: Annotated[OverrideReason, OPEN]
    by: Reference
    at: Instant


class NeedAssessment(Message):
    """The latest assessment of a need in codes: the first one of a need has number 1."""

    number: int
    at: Instant
    risk: Annotated[RiskLevel, OPEN]
    domains: tuple[Annotated[ProblemDomain, OPEN], ...] = Field(max_length=MOST_DOMAINS)


class AssessmentDue(Message):
    """The instant by which an urgent need is to be assessed; `overdue` is set from the first reminder on."""

    due: Instant
    overdue: Reminder | None = None
