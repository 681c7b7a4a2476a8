"""Social workers (社工) of stations and street centres: personal data that stays with stations, and the public state.

A licence is one of the national scheme (社会工作者职业水平评价, 国人部发〔2006〕71号). Its registration is valid for
three years, and a renewal is accepted in the three months before their end (社会工作者职业水平证书登记办法,
民发〔2009〕44号, art. 4).
"""

import unicodedata
from datetime import date
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import (
    OPEN,
    EventData,
    Id,
    Instant,
    Message,
    PersonName,
    Phone,
    Scope,
    command,
    event,
)
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule

WorkerState = Literal["employed", "on_leave", "left", "erased"]
"""在岗, 休假, 离职, 信息已删除."""
LicenceLevel = Literal["none", "assistant", "social_worker", "senior"]
"""无证, 助理社会工作师, 社会工作师, 高级社会工作师."""
LicenceState = Literal["none", "in_force", "ending", "expired"]
"""The registration of a licence: there is none, it is valid, it ends within 90 days, it is over."""
TrainingNeed = Literal["none", "open", "lacking", "reached"]
"""Where the training of a year stands: not known yet, in time, lacking minutes from October on, reached."""
EndOfEmployment = Literal["resigned", "contract_ended", "retired", "moved_on", "died", "registered_by_mistake"]
"""辞职, 合同到期, 退休, 调离, 去世, 误登记."""
READ: Final[Permission] = "staff:read"
MANAGE: Final[Permission] = "staff:manage"


def normalize_certificate_number(written: str) -> str:
    """Return the number without blanks and hyphens, in capitals. Raises PydanticCustomError for another form."""
    number = unicodedata.normalize("NFKC", written).upper().replace(" ", "").replace("-", "")
    if not (number.isascii() and number.isalnum() and 6 <= len(number) <= 32):
        raise broken_rule("certificate_number_form")
    return number


CertificateNumber = Annotated[
    str, StringConstraints(min_length=6, max_length=40), AfterValidator(normalize_certificate_number)
]
"""The number of a registered certificate (登记证书编号): 6 to 32 letters and digits. Personal data."""


class WorkerShape(Shape):
    """A social worker of a station, without anything that names the person. `area` is that of the station."""

    station_id: Id
    state: Annotated[WorkerState, OPEN]
    level: Annotated[LicenceLevel, OPEN] = Field(description="The level of the licence.")
    licence: Annotated[LicenceState, OPEN] = Field(description="Where the registration of the licence stands.")
    registered_until: date | None = Field(default=None, description="The last day of the licence's registration.")
    employed_on: date = Field(description="The first day of the employment.")
    leave_until: date | None = Field(default=None, description="The last day of the leave; null without one.")
    trained_in: int | None = Field(default=None, description="The year whose minutes of training are counted.")
    trained_minutes: int = Field(default=0, description="The minutes of training attended in that year.")
    wanted_minutes: int = Field(default=0, description="The minutes of training that the year needs.")
    training: Annotated[TrainingNeed, OPEN] = Field(
        default="none", description="Where the training of the year stands."
    )
    assign_by: Instant | None = Field(
        default=None, description="The time by which another station is found, since the own one was closed."
    )
    left_on: date | None = Field(default=None, description="The last day of the employment; null while it goes on.")
    reason: Annotated[EndOfEmployment, OPEN] | None = Field(default=None, description="Why the employment has ended.")
    reminder: Reminder | None = None


@event
class WorkerRegistered(WorkerShape, EventData):
    """A social worker was registered; the personal data stays with stations."""

    type: ClassVar[str] = "stations.worker.registered"


@event
class WorkerChanged(WorkerShape, EventData):
    """The personal data of a social worker was corrected; it stays with stations."""

    type: ClassVar[str] = "stations.worker.changed"


@event
class LicenceRecorded(WorkerShape, EventData):
    """A licence was recorded, or its registration renewed."""

    type: ClassVar[str] = "stations.worker.licensed"


@event
class LicenceEnding(WorkerShape, EventData):
    """The registration of a licence ends within 90 days: it may be renewed now."""

    type: ClassVar[str] = "stations.worker.licence_ending"


@event
class LicenceExpired(WorkerShape, EventData):
    """The registration of a licence is over."""

    type: ClassVar[str] = "stations.worker.licence_expired"


@event
class LeaveBegun(WorkerShape, EventData):
    """A social worker is on leave, or the leave has another last day."""

    type: ClassVar[str] = "stations.worker.leave_begun"


@event
class LeaveEnded(WorkerShape, EventData):
    """A social worker is back from leave."""

    type: ClassVar[str] = "stations.worker.leave_ended"


@event
class WorkerTrained(WorkerShape, EventData):
    """The minutes of training of a social worker were counted, or a new year of training has begun."""

    type: ClassVar[str] = "stations.worker.trained"


@event
class TrainingLacking(WorkerShape, EventData):
    """A social worker lacks minutes of training, and the year ends in three months."""

    type: ClassVar[str] = "stations.worker.training_lacking"


@event
class WorkerTransferred(WorkerShape, EventData):
    """A social worker works at another station from now on."""

    type: ClassVar[str] = "stations.worker.transferred"


@event
class WorkerStationClosed(WorkerShape, EventData):
    """The station of a social worker was closed without a successor: another one is to be found."""

    type: ClassVar[str] = "stations.worker.station_closed"


@event
class EmploymentEnded(WorkerShape, EventData):
    """The employment of a social worker has ended."""

    type: ClassVar[str] = "stations.worker.left"


@event
class WorkerEmployedAgain(WorkerShape, EventData):
    """A social worker who had left is employed again."""

    type: ClassVar[str] = "stations.worker.employed_again"


@event
class WorkerErased(WorkerShape, EventData):
    """The personal data of a social worker is being erased; the id leads to nobody."""

    type: ClassVar[str] = "stations.worker.erased"


@event
class WorkerStepOverdue(WorkerShape, EventData):
    """The next step of a social worker is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.worker.overdue"


class Licence(Message):
    """A licence: level, the number of the certificate, and the last day of its registration; or none at all."""

    level: LicenceLevel = Field(default="none", description="The level of the licence.")
    certificate_number: CertificateNumber | None = Field(default=None, description="Personal data.")
    registered_until: date | None = Field(default=None, description="The last day of the registration.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for name in ("certificate_number", "registered_until"):
            if self.level == "none" and getattr(self, name) is not None:
                raise broken_rule("licence_without_level", field="level")
            if self.level != "none" and getattr(self, name) is None:
                raise broken_rule("licence_incomplete", field=name)
        return self


@command
class RegisterWorker(Licence, Creation):
    """Register a social worker of a station or a street centre. Answers WorkerShape.

    It is refused where somebody who is employed has the same certificate.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RegisterWorker"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id
    name: PersonName
    phone: Phone
    employed_on: date = Field(description="The first day of the employment, not after today.")


@command
class ChangeWorker(Action):
    """Correct name or telephone of a social worker; a field that is null stays. Answers WorkerShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ChangeWorker"
    permission: ClassVar[Permission] = MANAGE
    name: PersonName | None = None
    phone: Phone | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name is None and self.phone is None:
            raise broken_rule("nothing_to_change")
        return self


@command
class RecordLicence(Licence, Action):
    """Record the licence of a social worker, or the renewal of its registration. Answers WorkerShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RecordLicence"
    permission: ClassVar[Permission] = MANAGE
    level: LicenceLevel = Field(description="The level of the licence; `none` where there is none any more.")


@command
class BeginLeave(Action):
    """Record that a social worker is on leave, or another last day of the leave. Answers WorkerShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "BeginLeave"
    permission: ClassVar[Permission] = MANAGE
    until: date = Field(description="The last day of the leave: at most a year ahead.")


@command
class EndLeave(Action):
    """Record that a social worker is back from leave. Answers WorkerShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EndLeave"
    permission: ClassVar[Permission] = MANAGE


@command
class TransferWorker(Action):
    """Have a social worker work at another station. Answers WorkerShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "TransferWorker"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("id", "station_id"))
    station_id: Id = Field(description="The station where the social worker works from now on.")


@command
class EndEmployment(Action):
    """End the employment of a social worker; the certificate may be registered elsewhere then. Answers WorkerShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EndEmployment"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: EndOfEmployment
    left_on: date = Field(description="The last day of the employment, not after today.")


@command
class EmployAgain(Action):
    """Employ a social worker again who had left, at the former station or at another one. Answers WorkerShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EmployAgain"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("id", "station_id"))
    station_id: Id | None = Field(default=None, description="The station; null for the former one, which is open.")
    employed_on: date = Field(description="The first day of the new employment, not after today.")
