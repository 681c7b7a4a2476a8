"""Alerts (预警) of a screening: a value crosses a threshold, and the clock of the response runs.

An alert holds codes, ids and times: neither the value nor the person, whom an audited query names.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.actor import Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.catalogue.entries import Code
from shared.contracts.messages import OPEN, Answer, AuditedQuery, EventData, Id, Instant, command, event, query
from shared.contracts.plain import Action, Reminder, Shape
from shared.contracts.stations.indicators import RiskSeverity
from shared.contracts.stations.screenings import READ

AlertState = Literal["detected", "answered", "treated", "dismissal_asked", "dismissed"]
"""已发现, 已响应, 已处置, 待复核排除, 已排除."""
AnswerWay = Literal["in_person", "telephone", "through_family"]
"""当面, 电话, 经家属: how the person was reached."""
Treatment = Literal[
    "seen_by_doctor", "in_hospital", "medicine_changed", "counselled", "cared_for_at_home", "declined_by_person",
    "need_served", "person_died",
]  # fmt: skip
"""已就诊, 已住院, 已调整用药, 已疏导, 已居家照护, 本人拒绝, 需求已满足, 已离世."""
Dismissal = Literal[
    "measured_wrongly", "entered_wrongly", "another_person", "known_and_treated", "result_corrected", "data_erased",
]  # fmt: skip
"""测量有误, 录入有误, 他人结果, 已知且在治疗, 结果已更正, 信息已删除: why an alert is closed as a false one."""
DismissalAsked = Literal["measured_wrongly", "entered_wrongly", "another_person", "known_and_treated"]
FamilyState = Literal["without_consent", "to_tell", "told"]
"""未获同意, 待告知, 已告知: whether the family may know, and knows."""
MANAGE: Final[Permission] = "alerts:manage"


class AlertShape(Shape):
    """An alert, at the station that cares for the person. `area` is that of the station. Minutes count from detection.

    `answered_within` and `treated_within` are the upper bounds of the classes of a histogram, in minutes.
    """

    station_id: Id
    screening_id: Id
    indicator: Code = Field(description="The indicator whose threshold is crossed.")
    severity: Annotated[RiskSeverity, OPEN]
    state: Annotated[AlertState, OPEN]
    detected_at: Instant = Field(description="When the value was recorded.")
    answer_by: Instant = Field(description="The time by which somebody reaches the person.")
    treat_by: Instant = Field(description="The time by which the person is treated.")
    overdue: bool = Field(default=False, description="Whether the next step is overdue.")
    answered_at: Instant | None = Field(default=None, description="When the person was reached; null until then.")
    answered_way: Annotated[AnswerWay, OPEN] | None = Field(default=None, description="How the person was reached.")
    answered_within: int | None = Field(default=None, description="The class of the minutes to the answer.")
    treated_at: Instant | None = Field(default=None, description="When the person was treated; null until then.")
    treatment: Annotated[Treatment, OPEN] | None = Field(default=None, description="How the person was treated.")
    treated_within: int | None = Field(default=None, description="The class of the minutes to the treatment.")
    need_id: Id | None = Field(default=None, description="The need that was opened for it.")
    need_refused: Code | None = Field(default=None, description="The rule against which no need could be opened.")
    family: Annotated[FamilyState, OPEN] = Field(description="Whether the family may know, and knows.")
    family_told_at: Instant | None = Field(default=None, description="When the family was told; null until then.")
    family_told_by: Reference | None = Field(default=None, description="The opaque reference to the one who told it.")
    reason: Annotated[Dismissal, OPEN] | None = Field(default=None, description="Why the alert is a false one.")
    reminder: Reminder | None = None


@event
class AlertDetected(AlertShape, EventData):
    """A value has crossed a threshold."""

    type: ClassVar[str] = "stations.alert.detected"


@event
class AlertRaised(AlertShape, EventData):
    """A corrected value makes the alert graver."""

    type: ClassVar[str] = "stations.alert.raised"


@event
class AlertAnswered(AlertShape, EventData):
    """Somebody has reached the person."""

    type: ClassVar[str] = "stations.alert.answered"


@event
class AlertTreated(AlertShape, EventData):
    """The person was treated, or the need was served."""

    type: ClassVar[str] = "stations.alert.treated"


@event
class FamilyTold(AlertShape, EventData):
    """The family was told, by the person's separate consent."""

    type: ClassVar[str] = "stations.alert.family_told"


@event
class DismissalRequested(AlertShape, EventData):
    """Somebody holds a critical alert for a false one; another person checks it."""

    type: ClassVar[str] = "stations.alert.dismissal_requested"


@event
class DismissalRejected(AlertShape, EventData):
    """The alert is no false one: its clock goes on."""

    type: ClassVar[str] = "stations.alert.dismissal_rejected"


@event
class AlertDismissed(AlertShape, EventData):
    """The alert is closed as a false one."""

    type: ClassVar[str] = "stations.alert.dismissed"


@event
class AlertHandedOver(AlertShape, EventData):
    """An alert goes with its person to another station, whose time begins with its next step."""

    type: ClassVar[str] = "stations.alert.handed_over"


@event
class AlertLeft(AlertShape, EventData):
    """The station of an open alert has closed without a successor, and the street centre is reminded at once."""

    type: ClassVar[str] = "stations.alert.left"


@event
class AlertOverdue(AlertShape, EventData):
    """The next step of an alert is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.alert.overdue"


@command
class AnswerAlert(Action):
    """Record that the person was reached. Answers AlertShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "AnswerAlert"
    permission: ClassVar[Permission] = MANAGE
    way: AnswerWay = Field(description="How the person was reached.")


@command
class TreatAlert(Action):
    """Record that the person was treated; one who was not reached before is reached thereby. Answers AlertShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "TreatAlert"
    permission: ClassVar[Permission] = MANAGE
    treatment: Treatment = Field(description="How the person was treated.")


@command
class TellFamily(Action):
    """Record that the family was told, which the person's separate consent has to allow. Answers AlertShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "TellFamily"
    permission: ClassVar[Permission] = MANAGE


@command
class DismissAlert(Action):
    """Close an alert as a false one; of a critical one another person is asked to check it. Answers AlertShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "DismissAlert"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: DismissalAsked


@command
class ConfirmDismissal(Action):
    """Close a critical alert as a false one, which another person has asked for. Answers AlertShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ConfirmDismissal"
    permission: ClassVar[Permission] = MANAGE


@command
class RejectDismissal(Action):
    """Keep a critical alert open that another person holds for a false one. Answers AlertShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RejectDismissal"
    permission: ClassVar[Permission] = MANAGE


class AlertPerson(Answer):
    """The person whom an alert is about, and the result that has raised it."""

    id: Id
    resident_id: Id
    result_id: Id | None = Field(description="None where its person was registered twice, and that id erased.")
    area: str


@query
class ReadAlertPerson(AuditedQuery[AlertPerson | None]):
    """Read the person whom an alert is about; None for an unknown alert, and one outside the actor's area."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadAlertPerson"
    permission: ClassVar[Permission] = READ
    timed: ClassVar[bool] = True
    recorded_as: ClassVar[str] = "alert"
    about: ClassVar[str] = "alert_id"
    alert_id: Id
