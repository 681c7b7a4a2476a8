"""Notices (通知) to volunteers: offers, bookings, reminders, cancellations and thanks, and the calls in their place.

A notice has no event of its own: most of them go well, and nobody else acts on them. A call (代为致电) has events:
it is an open step of the station where a notice could not reach its volunteer.
"""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.access.actor import Actor
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Answer, Command, EventData, Id, Instant, Query, Scope, command, event, query
from shared.contracts.plain import Action, Shape
from shared.contracts.reasons import Reason
from shared.contracts.refusals import broken_rule

NoticeTemplate = Literal["offer", "booking", "reminder", "cancelled", "thanks"]
"""The subject of a notice: an offer to be answered, a booking made unasked, the service ahead, a booking that has
ended, a service that was credited.
"""
NoticeState = Literal["due", "sent", "failed", "skipped", "delivered", "undelivered"]
"""A `due` notice is sent at its time, a `sent` one was accepted by the message gateway, a `failed` one was not, a
`skipped` one was not to be sent. The telephone got a `delivered` one and not an `undelivered` one, by the report of the
message gateway.
"""
NoticeOutcome = Literal["delivered", "undelivered"]
NoticeFailure = Literal["number_unknown", "switched_off", "blocked", "other"]
"""Why a telephone did not get a notice: there is no such number, it was off or out of reach for too long, the carrier
or the person blocks such messages, or another cause.
"""
MESSAGE_GATEWAY: Final = Actor(kind="agency", id="message_gateway", roles=("message_gateway",))
"""The city's message gateway, which reports by signed requests and has no key."""
NoticeLanguage = Literal["en", "zh"]
CallState = Literal["open", "ended"]
CallReason = Literal["opted_out", "without_phone", "without_email", "contact_doubted", "not_delivered", "too_late"]
"""Why the station calls: the volunteer wants no notices, no telephone is on record, no e-mail
address where the city sends by mail alone, or one that reached
somebody else and is being checked, the message gateway did not accept
the notice or the telephone did not get it, or its time was over before it was sent.
"""
CallOutcome = Literal["reached", "not_reached", "answered", "over", "delivered"]
"""How a call ended: the station has reached the volunteer or has not, the volunteer answered, its time was over, or the
telephone has got the notice after all.
"""
Calling = Literal["reached", "not_reached"]
MOST_NOTICES: Final = 5
"""Notices of one dispatch: one of each template."""


class NoticeAnswer(Answer):
    """A notice as volunteering answers, without name, telephone or text."""

    id: Id
    dispatch_id: Id
    volunteer_id: Id
    template: Annotated[NoticeTemplate, OPEN] = Field(description="The subject of the notice.")
    state: Annotated[NoticeState, OPEN]
    tries: int = Field(description="How often it was handed to the message gateway.")
    made_at: Instant
    ended_at: Instant | None = Field(default=None, description="The instant of its end; null before.")
    reason: Reason | None = Field(default=None, description="Why it was not sent, or the last try failed.")
    due: Instant | None = Field(default=None, description="The instant of the next try; null once it has ended.")
    give_up_at: Instant = Field(description="The instant after which it is of no use any more.")


class NoticesAnswer(Answer):
    """The notices of one dispatch, at most five, in the order of their making."""

    items: tuple[NoticeAnswer, ...]


@query
class ReadNotices(Query[NoticesAnswer | None]):
    """Read the notices of a dispatch; one that does not exist has None."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadNotices"
    dispatch_id: Id


class VolunteerCallShape(Shape):
    """A call by the station in the place of a notice; `due` is the instant after which it is of no use."""

    dispatch_id: Id
    need_id: Id
    volunteer_id: Id
    template: Annotated[NoticeTemplate, OPEN] = Field(description="The subject of the notice in whose place it is.")
    state: Annotated[CallState, OPEN]
    reason: Annotated[CallReason, OPEN] = Field(description="Why the station calls.")
    opened_at: Instant
    due: Instant
    outcome: Annotated[CallOutcome, OPEN] | None = Field(default=None, description="How it ended; null before.")
    ended_at: Instant | None = Field(default=None, description="The instant of its end; null before.")


@event
class CallOpened(VolunteerCallShape, EventData):
    """A notice could not reach its volunteer: the station is to call."""

    type: ClassVar[str] = "volunteering.call.opened"


@event
class CallEnded(VolunteerCallShape, EventData):
    """Nobody has to call any more: the station has called, the volunteer has answered, the telephone has got the notice
    after all, or the time was over.
    """

    type: ClassVar[str] = "volunteering.call.ended"


@command
class EndCall(Action):
    """State how a call to a volunteer went. Answers VolunteerCallShape."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "EndCall"
    permission: ClassVar[Permission] = "dispatch:act"
    outcome: Calling = Field(description="How the call went.")


class ReportedNotice(Answer):
    """A notice after a report about it."""

    notice_id: Id
    state: Annotated[NoticeState, OPEN]


@command
class ReportNotice(Command):
    """Report whether the telephone got a notice that was handed on. Answers ReportedNotice.

    `delivered` counts over `undelivered` in either order: then nobody has to call. An undelivered notice
    that brings news leads to a call at once, like one that was not accepted. Sent again, a report changes nothing.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReportNotice"
    permission: ClassVar[Permission] = "notices:report"
    scope: ClassVar[Scope] = Scope(found=("notice_id",))
    notice_id: Id
    outcome: NoticeOutcome
    cause: NoticeFailure | None = None

    @model_validator(mode="after")
    def _check_cause(self) -> Self:
        if self.outcome == "delivered" and self.cause is not None:
            raise broken_rule("cause_of_delivered", field="cause")
        return self


class NoticeChoiceAnswer(Answer):
    """Whether a volunteer is sent notices, and in which language; None stands for the city's."""

    volunteer_id: Id
    version: int = Field(description="Counts the changes of the choice; 0 before the first.")
    wanted: bool = Field(description="Whether notices are sent to the volunteer.")
    language: Annotated[NoticeLanguage, OPEN] | None = Field(default=None, description="Null: that of the city.")


@command
class ChooseNotices(Command):
    """Have a volunteer sent notices or none, and choose their language. Answers NoticeChoiceAnswer.

    Where none are wanted, the station calls about offers instead.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ChooseNotices"
    permission: ClassVar[Permission] = "volunteers:register"
    scope: ClassVar[Scope] = Scope(found=("volunteer_id",))
    volunteer_id: Id
    wanted: bool
    language: NoticeLanguage | None = None
    expected_version: int | None = None


@query
class ReadNoticeChoice(Query[NoticeChoiceAnswer]):
    """Read whether a volunteer is sent notices; somebody who has chosen nothing is sent them."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadNoticeChoice"
    volunteer_id: Id
