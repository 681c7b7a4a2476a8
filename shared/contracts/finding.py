"""The questions by which people are found whose data is sealed: look-up (查找), and likely duplicates (疑似重复).

Each owner of people answers both for its own. An answer names people by kind, id and area; it holds nothing about them.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from shared.contracts.access.actor import Reach
from shared.contracts.access.permissions import Permission
from shared.contracts.identity_numbers import check_birth_year, known_birth_year
from shared.contracts.messages import OPEN, Answer, BirthYear, Id, IdentityNumber, Message, PersonName, Phone
from shared.contracts.need_parts import Place
from shared.contracts.persons import PersonKind
from shared.contracts.reasons import Reason
from shared.contracts.refusals import broken_rule

FIND: Final[Permission] = "people:find"
MOST_FOUND: Final = 20
"""People that one answer names."""
MOST_COMPARED: Final = 200
"""People whose data is opened for one question about duplicates."""
Block = Literal["identity_number", "phone", "sound", "household"]
"""People who share something: the number, the telephone, name in pinyin with year of birth, home with family name."""


class LookUp(Message):
    """One way to find a person: by telephone, by identity number, or by name and year of birth."""

    phone: Phone | None = None
    identity_number: IdentityNumber | None = None
    name: PersonName | None = None
    birth_year: BirthYear | None = None

    @model_validator(mode="after")
    def _goes_one_way(self) -> "LookUp":
        by_name = self.name is not None or self.birth_year is not None
        ways = (self.phone is not None) + (self.identity_number is not None) + by_name
        if ways != 1 or (self.name is None) != (self.birth_year is None):
            raise broken_rule("one_way_to_find")
        return self


class PersonDetails(Message):
    """The known particulars of somebody who may be registered already."""

    name: PersonName
    phone: Phone | None = None
    identity_number: IdentityNumber | None = None
    birth_year: BirthYear | None = None
    location: Place | None = None

    @model_validator(mode="after")
    def _years_agree(self) -> "PersonDetails":
        check_birth_year(self.birth_year, self.identity_number)
        return self

    @property
    def known_birth_year(self) -> int | None:
        """The year of birth given, else that of the identity number."""
        return known_birth_year(self.birth_year, self.identity_number)


class FindDuplicates(Message):
    """The person whose duplicates are wanted: one by the id here, or one described."""

    person_id: Id | None = None
    details: PersonDetails | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "FindDuplicates":
        if (self.person_id is None) == (self.details is None):
            raise broken_rule("id_or_details", field="details")
        return self


class PersonFound(Answer):
    """A person by reference: the owner's kind and id, and the area in which the owner keeps them."""

    kind: Annotated[PersonKind, OPEN]
    id: Id
    area: Reach


class PeopleFound(Answer):
    """At most 20 of the people who fit, in no order; `more` where there are more."""

    items: tuple[PersonFound, ...] = Field(max_length=MOST_FOUND)
    more: bool = False


class LikelyDuplicate(PersonFound):
    """Somebody who is perhaps the same person: 50 to 100 points, and the reasons for and against."""

    score: int = Field(ge=0, le=100)
    reasons: tuple[Reason, ...] = Field(max_length=8)


class DuplicatesFound(Answer):
    """The likely duplicates, the likeliest first. `compared` people were opened and compared.

    `crowded` names the blocks that hold more people than may be opened at once: of these some were not looked at.
    """

    items: tuple[LikelyDuplicate, ...] = Field(max_length=MOST_FOUND)
    compared: int
    crowded: tuple[Annotated[Block, OPEN], ...] = ()
