"""The contact of a volunteer who comes to a need, for those who run it: also of a volunteer from another area."""

from typing import Annotated, ClassVar

from shared.contracts.messages import OPEN, Answer, AuditedQuery, Id, query
from shared.contracts.volunteering.dispatch import DispatchState


class VolunteerContact(Answer):
    """Name and telephone of a volunteer who has promised to come; never part of an event.

    `volunteer_id` is the surviving id of a person with several.
    """

    need_id: Id
    volunteer_id: Id
    dispatch_id: Id
    state: Annotated[DispatchState, OPEN]
    name: str
    phone: str


@query
class ReadVolunteerContact(AuditedQuery[VolunteerContact | None]):
    """Read name and telephone of a volunteer who has accepted to come to a need of the reader's area that is open."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadVolunteerContact"
    recorded_as: ClassVar[str] = "volunteer_contact"
    about: ClassVar[str] = "volunteer_id"
    need_id: Id
    volunteer_id: Id
