"""The copy (个人信息副本) of all that the services hold on a person: each service answers for its own part.

Personal Information Protection Law, art. 45: a person may look at and copy their personal information.
"""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.merging import MOST_MERGED
from shared.contracts.messages import OPEN, Answer, AuditedQuery, Id, query
from shared.contracts.persons import PersonKind, PersonReference
from shared.contracts.reasons import Reason

MOST_PEOPLE: Final = 20
"""References of one copy: a person is known to a service by one id, and by one for each need about them."""
MOST_REFERENCES: Final = MOST_PEOPLE * (MOST_MERGED + 1)
"""The same with all ids that were merged with them."""
MOST_CURSOR: Final = 256


class CopiedPart(Answer):
    """One document about a person: `content` is JSON, with the personal data in clear.

    `kept` is the reason for which an erasure would leave the document.
    """

    person_kind: Annotated[PersonKind, OPEN]
    person_id: Id
    collection: str
    id: str
    content: str
    kept: Reason | None = None


class LeftOut(Answer):
    """A collection that the copy does not repeat, and the reason."""

    collection: str
    reason: Reason


class CopyPage(Answer):
    """A page of one service's part. `known` are the ids of persons whom the service registers and the reader reaches.

    `next` is None on the last page. `letters` counts the failed messages that name one of the persons, among the newest
    `letters_read`; both, and `left_out`, are given with the first page.
    """

    known: tuple[Id, ...] = ()
    items: tuple[CopiedPart, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    letters: int = 0
    letters_read: int = 0
    next: str | None = None


class CopyPeople(AuditedQuery[CopyPage]):
    """Read a page of all that the service holds on a person, who is known by these references."""

    type: ClassVar[str] = "CopyPeople"
    permission: ClassVar[Permission] = "people:copy"
    recorded_as: ClassVar[str] = "copy"
    about: ClassVar[str] = "people"
    people: tuple[PersonReference, ...] = Field(min_length=1, max_length=MOST_REFERENCES)
    after: str | None = Field(default=None, max_length=MOST_CURSOR)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The ids of the references."""
        return tuple(person.id for person in self.people)


@query
class CopyStationsPeople(CopyPeople):
    """The part of stations."""

    to: ClassVar[str] = "stations"


@query
class CopyCharityPeople(CopyPeople):
    """The part of charity."""

    to: ClassVar[str] = "charity"


@query
class CopyVolunteeringPeople(CopyPeople):
    """The part of volunteering."""

    to: ClassVar[str] = "volunteering"


COPY_QUERIES: Final[tuple[type[CopyPeople], ...]] = (CopyStationsPeople, CopyCharityPeople, CopyVolunteeringPeople)
"""The query of each service."""
