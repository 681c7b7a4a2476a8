"""The register of breaches (个人信息安全事件): personal data that was, or may have been, disclosed, altered or lost.

Personal Information Protection Law, art. 57: remedy at once, notify the authority and the people, or give the reason
why the people need no notice. A breach holds numbers and codes, and nothing about a person.
"""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, EventData, Instant, Message, Scope, command, event
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule

BreachKind = Literal["disclosed", "altered", "lost"]
"""泄露, 篡改, 丢失 (art. 57)."""
BreachState = Literal["open", "notified", "closed"]
DataCategory = Literal[
    "names", "contacts", "identity_numbers", "addresses", "locations", "health", "finances", "religion", "biometrics",
    "minors", "hardship", "hours_and_gifts",
]  # fmt: skip
"""The categories of the notice (art. 57, 1). Sensitive ones (art. 28) among them: health, finances, religion,
biometrics, locations, and data of minors under 14.
"""
BreachCause = Literal[
    "intrusion",
    "misuse_by_staff",
    "misdirected",
    "lost_device",
    "software_fault",
    "wrong_rights",
    "supplier",
    "unknown",
]
Harm = Literal["none_likely", "fraud", "exposure", "discrimination", "safety", "loss_of_service", "unknown"]
Measure = Literal[
    "access_closed", "keys_rotated", "passwords_reset", "fault_mended", "rights_corrected", "device_erased",
    "deletion_confirmed", "restored_from_backup", "people_advised", "police_informed",
]  # fmt: skip
NoNotice = Literal["measures_avoid_harm"]
"""Why the people are not notified: measures effectively avoid harm (art. 57, second paragraph). There is no other."""
Severity = Literal["general", "considerable", "serious", "extraordinary"]
"""一般, 较大, 重大, 特别重大: grades of the Cybersecurity Incident Reporting Measures (2025), by people alone."""
MOST_PEOPLE: Final = 2_000_000_000


class _Extent(Message):
    kind: BreachKind
    found_at: Instant = Field(description="When it was found or became known: the clock of the duty begins.")
    categories: tuple[DataCategory, ...] = Field(min_length=1, max_length=12)
    people_least: int = Field(ge=0, le=MOST_PEOPLE, description="How many people it concerns at least.")
    people_most: int = Field(ge=0, le=MOST_PEOPLE, description="How many people it may concern.")
    cause: BreachCause
    harms: tuple[Harm, ...] = Field(min_length=1, max_length=7, description="The harm that it may do (art. 57, 1).")
    measures: tuple[Measure, ...] = Field(default=(), max_length=10, description="The measures taken (art. 57, 2).")

    @model_validator(mode="after")
    def _range_is_one(self) -> Self:
        if self.people_most < self.people_least:
            raise broken_rule("fewer_than_the_least", field="people_most")
        return self


class BreachShape(Shape):
    """A breach. `people_not_notified` is the reason why the people get no notice; the authority may require one."""

    kind: Annotated[BreachKind, OPEN]
    found_at: Instant
    categories: tuple[Annotated[DataCategory, OPEN], ...]
    people_least: int
    people_most: int
    severity: Annotated[Severity, OPEN]
    cause: Annotated[BreachCause, OPEN]
    harms: tuple[Annotated[Harm, OPEN], ...]
    measures: tuple[Annotated[Measure, OPEN], ...] = ()
    state: Annotated[BreachState, OPEN]
    authority_notified_at: Instant | None = None
    people_notified_at: Instant | None = None
    people_not_notified: Annotated[NoNotice, OPEN] | None = None
    notice_required: bool = Field(default=False, description="The authority has required that the people are notified.")
    reminder: Reminder | None = None


@event
class BreachRecorded(BreachShape, EventData):
    """A breach was found and recorded."""

    type: ClassVar[str] = "stations.breach.recorded"


@event
class BreachOverdue(BreachShape, EventData):
    """The next step is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.breach.overdue"


@event
class BreachChanged(BreachShape, EventData):
    """Its extent, cause, harm or measures are known better."""

    type: ClassVar[str] = "stations.breach.changed"


@event
class AuthorityNotified(BreachShape, EventData):
    """The authority was notified."""

    type: ClassVar[str] = "stations.breach.authority_notified"


@event
class PeopleNotified(BreachShape, EventData):
    """The people were notified, or it is on record why they need no notice."""

    type: ClassVar[str] = "stations.breach.people_notified"


@event
class NoticeRequired(BreachShape, EventData):
    """The authority requires that the people are notified."""

    type: ClassVar[str] = "stations.breach.notice_required"


@event
class BreachClosed(BreachShape, EventData):
    """Nothing is left to do about it."""

    type: ClassVar[str] = "stations.breach.closed"


@command
class RecordBreach(_Extent, Creation):
    """Record a breach. Answers BreachShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RecordBreach"
    permission: ClassVar[Permission] = "breaches:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: AreaCode = Field(description="The area that it concerns.")


@command
class ChangeBreach(_Extent, Action):
    """Replace the particulars of a breach. Answers BreachShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ChangeBreach"
    permission: ClassVar[Permission] = "breaches:manage"


@command
class NotifyAuthority(Action):
    """Record the notice to the authority. Answers BreachShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "NotifyAuthority"
    permission: ClassVar[Permission] = "breaches:manage"
    at: Instant


@command
class NotifyPeople(Action):
    """Record the notice to the people, or the reason why they need none. Answers BreachShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "NotifyPeople"
    permission: ClassVar[Permission] = "breaches:manage"
    reason_field: ClassVar[str] = "reason"
    at: Instant | None = None
    reason: NoNotice | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.at is None) == (self.reason is None):
            raise broken_rule("notice_or_reason", field="at")
        return self


@command
class RequireNotice(Action):
    """Record that the authority requires a notice to the people. Answers BreachShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RequireNotice"
    permission: ClassVar[Permission] = "breaches:manage"


@command
class CloseBreach(Action):
    """Close a breach of which the authority and the people were notified. Answers BreachShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CloseBreach"
    permission: ClassVar[Permission] = "breaches:manage"
