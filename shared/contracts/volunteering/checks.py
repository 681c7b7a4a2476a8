"""Identity checks (身份核对): a second registration of one person waits for an officer.

A check stands in the smallest area that holds both registrations, and is seen with the permission to merge alone, so
that no area learns of a person whom another one keeps. It holds ids and codes, and nothing about a person.
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Answer, Command, EventData, Id, Instant, Scope, command, event
from shared.contracts.plain import Action, Shape

CheckGround = Literal["identity_number", "phone_and_name"]
"""The particulars that both registrations share."""
CheckOutcome = Literal["same_person", "another_person", "nobody"]
"""The same person: both ids are merged. Another: the registration is active. Nobody's: it is rejected."""
CheckState = Literal["open", "same_person", "another_person", "nobody"]
Disowning = Literal["not_me", "details_misused", "shared_telephone"]
MOST_SECOND: Final = 20
"""Second registrations that are shown to one person, the newest first."""


class CheckShape(Shape):
    """A check: `volunteer_id` was registered last and waits, `known_id` is the person whom it looks like.

    `disowned_because` is the statement of the known person that the registration is not theirs.
    """

    volunteer_id: Id
    known_id: Id
    grounds: tuple[Annotated[CheckGround, OPEN], ...] = Field(max_length=8)
    registered_at: Instant
    state: Annotated[CheckState, OPEN]
    due: Instant = Field(description="When an officer has to have decided; moved by each reminder.")
    reminded: int = Field(default=0, description="Deadlines that have passed: the street centre's, the district's.")
    disowned_at: Instant | None = None
    disowned_because: Annotated[Disowning, OPEN] | None = None
    resolved_at: Instant | None = None


@event
class CheckOpened(CheckShape, EventData):
    """Somebody was registered who looks like a person already known; nothing is offered to the registration."""

    type: ClassVar[str] = "volunteering.check.opened"


@event
class CheckDisowned(CheckShape, EventData):
    """The known person states that the second registration is not theirs."""

    type: ClassVar[str] = "volunteering.check.disowned"


@event
class CheckReminded(CheckShape, EventData):
    """A deadline has passed and nobody has decided: `reminded` 1 is for the street centre, 2 for the district.

    Later ones are for the city.
    """

    type: ClassVar[str] = "volunteering.check.reminded"


@event
class CheckResolved(CheckShape, EventData):
    """An officer has decided, or one of both ids is gone: the registration is merged, active, or has ended."""

    type: ClassVar[str] = "volunteering.check.resolved"


@command
class ResolveCheck(Action):
    """State whose a second registration is. Answers CheckShape.

    The same person's is merged into the known id, another person's is active, nobody's is rejected for good.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ResolveCheck"
    permission: ClassVar[Permission] = "volunteers:merge"
    outcome: CheckOutcome


class SecondRegistration(Answer):
    """A second registration as the person sees it who was known before: neither its id nor its area."""

    check_id: Id
    registered_at: Instant
    state: Annotated[CheckState, OPEN]
    disowned_at: Instant | None = None


@command
class DisownRegistration(Command):
    """State, for the person whom the volunteer's id stands for, that a second registration is not theirs.

    Answers SecondRegistration. An officer decides afterwards: both ids are not merged any more, and where they were
    merged, the officer parts them or states that the person errs.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "DisownRegistration"
    permission: ClassVar[Permission] = "volunteers:register"
    reason_field: ClassVar[str] = "reason_code"
    scope: ClassVar[Scope] = Scope(found=("volunteer_id",))
    volunteer_id: Id
    check_id: Id
    reason_code: Disowning
