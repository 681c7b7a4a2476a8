"""Results of a screening: a value a resident, indicator and screening. Values are health data, sealed by their owner.

Sensitive personal information (Personal Information Protection Law, art. 28): the resident consents separately
(art. 29), with the scope `health` and the purpose `health_screening`. No result is in an event.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.catalogue.entries import Code
from shared.contracts.messages import OPEN, Answer, AuditedQuery, Command, Id, Instant, Message, Scope, command, query
from shared.contracts.plain import Action
from shared.contracts.stations.indicators import Number, RiskSeverity
from shared.contracts.stations.screenings import MOST_INDICATORS, READ, RECORD

Sex = Literal["female", "male"]
ResultCorrection = Literal["measured_wrongly", "entered_wrongly", "another_person"]
"""测量有误, 录入有误, 他人结果: why a result is another one."""
MOST_RESULTS: Final = 200
_MEASURED: Final = "When they were measured, within the screening; by default now, at its end at the latest."
_SEX: Final = "Of the person, where the record has no identity number and a threshold asks for it. Not kept."


class MeasuredValue(Message):
    """A value of one indicator: a number in its smallest step, or an answer."""

    indicator: Code = Field(description="The code of the indicator.")
    measured: Number | None = Field(
        default=None, description="The number in the smallest step: with scale 1, 61 is 6.1."
    )
    chosen: Code | None = Field(default=None, description="The code of the choice, or yes or no.")


@command
class RecordResults(Command):
    """Record the values of one resident in a screening that is running, or late ones. Answers ResultsAnswer.

    A value that is recorded already changes nothing; another one for the same indicator is a correction. A value that
    crosses a threshold raises an alert, and from a severity on opens an urgent need.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RecordResults"
    permission: ClassVar[Permission] = RECORD
    scope: ClassVar[Scope] = Scope(found=("screening_id", "resident_id"))
    screening_id: Id
    resident_id: Id
    sex: Sex | None = Field(default=None, description=_SEX)
    measured_at: Instant | None = Field(default=None, description=_MEASURED)
    results: tuple[MeasuredValue, ...] = Field(min_length=1, max_length=MOST_INDICATORS)


@command
class CorrectResult(Action):
    """Replace a result by another value, judged again; the former one stays. Answers ResultsAnswer."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CorrectResult"
    permission: ClassVar[Permission] = RECORD
    measured: Number | None = Field(default=None, description="The number in the smallest step.")
    chosen: Code | None = Field(default=None, description="The code of the choice, or yes or no.")
    sex: Sex | None = Field(default=None, description=_SEX)
    correction: ResultCorrection = Field(description="Why the value is another one.")


class ResultAnswer(Answer):
    """A result as it was judged, without the value. `judged_by` and `judged_version` name the indicator."""

    id: Id
    indicator: Code = Field(description="The code of the indicator.")
    judged_by: Id = Field(description="The indicator, `shipped_…` for one of the release.")
    judged_version: int = Field(description="The version of the indicator.")
    severity: Annotated[RiskSeverity, OPEN] | None = Field(default=None, description="Null where nothing is crossed.")
    alert_id: Id | None = Field(default=None, description="The alert that it has raised.")
    need_id: Id | None = Field(default=None, description="The need that the alert has opened.")


class ResultsAnswer(Answer):
    """The results of one resident in a screening, after a record or a correction."""

    screening_id: Id
    items: tuple[ResultAnswer, ...] = Field(max_length=MOST_INDICATORS)


class ReadResult(ResultAnswer):
    """A result with its value."""

    screening_id: Id
    resident_id: Id
    measured: int | None = Field(default=None, description="The number in the smallest step. Personal data.")
    chosen: Code | None = Field(default=None, description="The answer. Personal data.")
    measured_at: Instant | None = Field(default=None, description="When it was measured.")
    recorded_at: Instant
    correction: Annotated[ResultCorrection, OPEN] | None = Field(
        default=None, description="Why it replaces another one."
    )
    replaced_by: Id | None = Field(default=None, description="The result that stands in its place; null for the last.")


class ResultsRead(Answer):
    """The results of a resident, the newest first, with those that were replaced."""

    items: tuple[ReadResult, ...] = Field(max_length=MOST_RESULTS)
    next: Id | None = None
    withheld: bool = Field(
        default=False,
        description="true where the resident does not consent to be screened, as after the end of the consent: those "
        "of open alerts alone are shown, the others again once it is given.",
    )


@query
class ReadResults(AuditedQuery[ResultsRead | None]):
    """Read the results of a resident; None for an unknown one, and one outside the actor's area."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadResults"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "screening_results"
    timed: ClassVar[bool] = True
    about: ClassVar[str] = "resident_id"
    resident_id: Id
    before: Id | None = None
    limit: int = Field(default=50, ge=1, le=MOST_RESULTS)
