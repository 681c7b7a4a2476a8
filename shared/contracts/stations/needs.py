"""Needs (需求): their events, and the commands of the station that owns them; `need_answers` holds the answers."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.actor import Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    OPEN,
    Code,
    Command,
    EventData,
    ExternalId,
    Id,
    Instant,
    Label,
    Scope,
    Text,
    Title,
    command,
    event,
)
from shared.contracts.need_parts import (
    Line,
    LineDelivered,
    OrAbsent,
    Overdue,
    Place,
    Urgency,
    VolunteerRequest,
    Waiting,
)
from shared.contracts.stations.need_intake import AssessmentDue, IntakeChannel, NeedAssessment, TriageOverride
from shared.contracts.stations.need_reasons import CancelledFor, CancelReason, ExtensionReason, UndoReason
from shared.contracts.stations.need_request import Beneficiaries, LineAsked, ResidentIds, VolunteersAsked

NeedState = Literal[
    "draft", "assessed", "published", "ready", "in_service", "served", "confirmed", "partly_served", "evaluated",
    "cancelled", "unmet",
]  # fmt: skip
ENDED: Final[frozenset[NeedState]] = frozenset({"confirmed", "partly_served", "evaluated", "cancelled", "unmet"})
"""The states in which nothing is done for the need any more: its words may go."""


class NeedSnapshot(EventData):
    """The public state of a need: no title, no free text, a place rounded to 0.01 degree.

    Every need event carries the whole: a reader that missed or reordered some keeps the highest version, and converges.
    """

    need_id: Id
    version: int
    state: Annotated[NeedState, OPEN]
    station_id: Id
    area: AreaCode
    theme: Code
    urgency: Annotated[Urgency, OPEN]
    score: int
    due: Instant
    place: Place
    beneficiaries: int
    beneficiary_groups: tuple[Code, ...] = ()
    lines: tuple[Line, ...] = ()
    volunteers: VolunteerRequest | None = None
    published_at: Instant | None = None
    registered_at: Instant | None = None
    channel: Annotated[IntakeChannel, OPEN] = "unspecified"
    assessment: OrAbsent[NeedAssessment] = None
    assessment_due: OrAbsent[AssessmentDue] = None
    triage_override: OrAbsent[TriageOverride] = None
    merged_into: OrAbsent[Id] = None


@event
class NeedRegistered(NeedSnapshot):
    """A need was taken in; not yet published. `step_due` is the instant by which the station is to publish it."""

    type: ClassVar[str] = "stations.need.registered"
    step_due: Instant | None = None


@event
class NeedPublished(NeedSnapshot):
    """The need was published: charity links resources, volunteering dispatches volunteers.

    `series` is an opaque id that the visits of a care plan to one home share, so that the same carer is preferred.
    """

    type: ClassVar[str] = "stations.need.published"
    published_by: Reference | None = None
    series: Id | None = None


class NeedProgress(NeedSnapshot):
    """The progress of a published need."""

    committed: tuple[int, ...] = ()
    fulfilled: tuple[int, ...] = ()
    volunteers_confirmed: int = 0
    waiting: tuple[Waiting, ...] = ()


@event
class NeedReady(NeedProgress):
    """Every line is committed and every volunteer confirmed."""

    type: ClassVar[str] = "stations.need.ready"


@event
class NeedReopened(NeedProgress):
    """The need was ready; a release or a withdrawal has taken a part away again."""

    type: ClassVar[str] = "stations.need.reopened"


@event
class ServiceBegun(NeedProgress):
    """The first volunteer has checked in."""

    type: ClassVar[str] = "stations.need.begun"


@event
class NeedServed(NeedProgress):
    """Every volunteer has checked out. Supply stays reserved until the station states the delivered amounts.

    `step_due` is the instant by which the station is to state them.
    """

    type: ClassVar[str] = "stations.need.served"
    step_due: Instant | None = None


@event
class NeedOverdue(NeedProgress):
    """The next step of an open need is overdue: whose turn it is stands in `overdue`. The state has not changed."""

    type: ClassVar[str] = "stations.need.overdue"
    overdue: Overdue


@event
class NeedExtended(NeedProgress):
    """The need was given more time: `due` is the later instant. The state has not changed."""

    type: ClassVar[str] = "stations.need.extended"
    extended_for: Annotated[ExtensionReason, OPEN]


@event
class NeedConfirmed(NeedProgress):
    """The station confirmed the service: hours may be credited, the delivered amounts are posted, the rest is voided.

    `delivered` goes by the order of `lines`; release 0.2.0 leaves it out, and means all committed amounts. The state is
    `partly_served` where any line got less than it asked for, or none of the volunteers came. The two references
    are equal where the actor who published the need has confirmed it, too.
    """

    type: ClassVar[str] = "stations.need.confirmed"
    delivered: tuple[int, ...] | None = None
    published_by: Reference | None = None
    confirmed_by: Reference | None = None


@event
class ConfirmationUndone(NeedProgress):
    """The confirmation was wrong: posted amounts are reversed and reserved for the need until it is confirmed again.

    Credited minutes stay, because the service took place.
    """

    type: ClassVar[str] = "stations.need.confirmation_undone"
    undone_for: Annotated[UndoReason, OPEN]


@event
class NeedEvaluated(NeedProgress):
    """The service was rated."""

    type: ClassVar[str] = "stations.need.evaluated"
    rating: int


@event
class NeedCancelled(NeedProgress):
    """Terminal: release the reservations, inform the volunteers."""

    type: ClassVar[str] = "stations.need.cancelled"
    reason_code: Annotated[CancelledFor, OPEN] = "unspecified"


@event
class NeedUnmet(NeedProgress):
    """Terminal: its due time passed before it was ready; release the reservations."""

    type: ClassVar[str] = "stations.need.unmet"


@command
class RegisterNeed(Command):
    """Take in a need, and publish it at once where asked. Answers the need as read."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RegisterNeed"
    permission: ClassVar[Permission] = "needs:register"
    scope: ClassVar[Scope] = Scope(found=("station_id", "residents"))
    station_id: Id
    title: Title
    theme: Label
    urgency: Urgency
    severity: int = Field(default=3, strict=True, ge=1, le=5)
    due: Instant
    location: Place
    beneficiaries: Beneficiaries
    lines: tuple[LineAsked, ...] = Field(default=(), max_length=20)
    volunteers: VolunteersAsked | None = None
    publish: bool = False
    external_id: ExternalId | None = None
    channel: IntakeChannel = "unspecified"
    residents: ResidentIds = ()


@command
class RegisterNeeds(Command):
    """Take in several needs; each is taken or refused on its own. Answers {items: [{ok} | {error}]} in order."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RegisterNeeds"
    permission: ClassVar[Permission] = "needs:register"
    scope: ClassVar[Scope] = Scope(found=("needs.station_id",))
    needs: tuple[RegisterNeed, ...] = Field(min_length=1, max_length=200)


class NeedAction(Command):
    """An action of a station on one need; `expected_version` refuses it where the need has changed since."""

    to: ClassVar[str] = "stations"
    scope: ClassVar[Scope] = Scope(found=("need_id",))
    need_id: Id
    expected_version: int | None = None


@command
class PublishNeed(NeedAction):
    type: ClassVar[str] = "PublishNeed"
    permission: ClassVar[Permission] = "needs:publish"


@command
class CancelNeed(NeedAction):
    """Cancel a need. The words of `reason` may speak of a person and stay with the station; the code is announced."""

    type: ClassVar[str] = "CancelNeed"
    permission: ClassVar[Permission] = "needs:cancel"
    reason_field: ClassVar[str] = "reason_code"
    reason: Text = ""
    reason_code: CancelReason = "unspecified"


@command
class ConfirmNeed(NeedAction):
    """Confirm that a need was served. A line that `delivered` does not name was delivered as committed."""

    type: ClassVar[str] = "ConfirmNeed"
    permission: ClassVar[Permission] = "needs:confirm"
    note: Text = ""
    delivered: tuple[LineDelivered, ...] = Field(default=(), max_length=20)


@command
class UndoConfirmation(NeedAction):
    """Take back a confirmation that was wrong, within the period of the policy."""

    type: ClassVar[str] = "UndoConfirmation"
    permission: ClassVar[Permission] = "needs:confirm"
    reason_field: ClassVar[str] = "reason_code"
    reason_code: UndoReason


@command
class ExtendNeed(NeedAction):
    """Give a need that is under way more time, at most the days of the policy. The volunteers' slot stays."""

    type: ClassVar[str] = "ExtendNeed"
    permission: ClassVar[Permission] = "needs:publish"
    reason_field: ClassVar[str] = "reason_code"
    due: Instant
    reason_code: ExtensionReason


@command
class EvaluateNeed(NeedAction):
    type: ClassVar[str] = "EvaluateNeed"
    permission: ClassVar[Permission] = "needs:evaluate"
    spoken_in: ClassVar[str] = "need_id"
    rating: int = Field(strict=True, ge=1, le=5)
    comment: Text = ""
