"""Erasures (删除): one process over all services that deletes the data kept about persons, with its report.

An erasure that names a resident or a social worker is private, as they are: its events are of a subject of their own.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.access.actor import Reach
from shared.contracts.access.permissions import Permission, permission_to_see
from shared.contracts.areas import AreaCode
from shared.contracts.erasure_parts import MAX_PEOPLE, ErasureGround, ErasureOutcome
from shared.contracts.messages import OPEN, EventData, Instant, Scope, command, event
from shared.contracts.persons import OWNERS, PersonReference
from shared.contracts.plain import Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule

ErasureState = Literal["under_way", "overdue", "done"]


class ErasureShape(Shape):
    """An erasure with its report: `people` has the outcome about each person, in the order of the request.

    `reach` is the area of the one who asked, empty for everywhere: persons beyond it are unknown to the erasure.
    """

    ground: Annotated[ErasureGround, OPEN]
    reach: Reach = ""
    state: Annotated[ErasureState, OPEN]
    people: tuple[ErasureOutcome, ...] = Field(max_length=MAX_PEOPLE)
    requested_at: Instant
    due: Instant = Field(description="The instant by which everything is to be erased.")
    done_at: Instant | None = None
    reminder: Reminder | None = None


@event
class ErasureRequested(ErasureShape, EventData):
    """The erasure of persons was requested: each service erases those whom it knows, and answers."""

    type: ClassVar[str] = "stations.erasure.requested"


@event
class ErasureProgressed(ErasureShape, EventData):
    """A service has answered about a person."""

    type: ClassVar[str] = "stations.erasure.progressed"


@event
class ErasureCompleted(ErasureShape, EventData):
    """Every person is erased, or unknown."""

    type: ClassVar[str] = "stations.erasure.completed"


@event
class ErasureOverdue(ErasureShape, EventData):
    """The deadline has passed, something is not erased yet, and the next level is reminded."""

    type: ClassVar[str] = "stations.erasure.overdue"


@event
class PrivateErasureRequested(ErasureShape, EventData):
    """As ErasureRequested, of persons among whom is a resident or a social worker."""

    type: ClassVar[str] = "stations.private_erasure.requested"


@event
class PrivateErasureProgressed(ErasureShape, EventData):
    """As ErasureProgressed, of persons among whom is a resident or a social worker."""

    type: ClassVar[str] = "stations.private_erasure.progressed"


@event
class PrivateErasureCompleted(ErasureShape, EventData):
    """As ErasureCompleted, of persons among whom is a resident or a social worker."""

    type: ClassVar[str] = "stations.private_erasure.completed"


@event
class PrivateErasureOverdue(ErasureShape, EventData):
    """As ErasureOverdue, of persons among whom is a resident or a social worker."""

    type: ClassVar[str] = "stations.private_erasure.overdue"


PRIVATELY: Final[Mapping[type[EventData], type[EventData]]] = {
    ErasureRequested: PrivateErasureRequested,
    ErasureProgressed: PrivateErasureProgressed,
    ErasureCompleted: PrivateErasureCompleted,
    ErasureOverdue: PrivateErasureOverdue,
}
"""The private event of each public one."""


def names_private(people: Iterable[ErasureOutcome]) -> bool:
    """Return whether one of the persons is of a kind that is seen with a permission of its own."""
    return any(permission_to_see(f"{OWNERS[one.kind]}.{one.kind}.") != "read" for one in people if one.kind in OWNERS)


@command
class RequestErasure(Creation):
    """Erase the platform's data about persons. Answers ErasureShape.

    A need in progress and a service under way end first; the erasure waits for them and goes on by itself.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RequestErasure"
    permission: ClassVar[Permission] = "personal:erase"
    reason_field: ClassVar[str] = "ground"
    scope: ClassVar[Scope] = Scope(named=("area",))
    people: tuple[PersonReference, ...] = Field(min_length=1, max_length=MAX_PEOPLE)
    ground: ErasureGround
    area: AreaCode = Field(description="The area whose office answers for the erasure.")

    @model_validator(mode="after")
    def _each_person_once(self) -> Self:
        if len({(one.kind, one.id) for one in self.people}) < len(self.people):
            raise broken_rule("person_named_twice", field="people")
        return self
