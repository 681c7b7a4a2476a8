"""The bodies of questions about people. Their data stands in a body and never in a URL, which servers log."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, StringConstraints, model_validator

from shared.contracts.finding import FindDuplicates, LookUp, PersonDetails
from shared.contracts.messages import Id, Instant, Message
from shared.contracts.person_names import is_named_in
from shared.contracts.personal_numbers import refuse_personal_numbers
from shared.contracts.refusals import broken_rule
from shared.contracts.text import clean_line
from shared.contracts.volunteering.checks import Disowning

Why = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500),
    AfterValidator(clean_line),
    AfterValidator(refuse_personal_numbers),
]
"""The reason for which somebody is looked for; it stands in the audit, and so without phone and identity numbers."""


def refuse_name(why: str, name: str | None) -> None:
    """Raise PydanticCustomError where the name that is asked for stands in the reason."""
    if name is not None and is_named_in(why, name):
        raise broken_rule("name_in_reason", field="why")


class LookUpIn(LookUp):
    """A telephone, or an identity number, or name and year of birth; and the reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"phone": "13800138000", "why": "a call about Saturday's shift"}]}
    )

    why: Why

    @model_validator(mode="after")
    def _keeps_the_name_out(self) -> "LookUpIn":
        refuse_name(self.why, self.name)
        return self


class RegisteredIn(Message):
    """A registered person."""

    kind: Literal["volunteer", "donor"]
    id: Id


class DuplicatesIn(Message):
    """The person whose duplicates are wanted, registered or described, and the reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"person": {"kind": "volunteer", "id": "vol_00k3v9x2a4b5c6d7e8f9"}, "why": "two cards with one face"},
                {"details": {"name": "Lin Example", "birth_year": 1980}, "why": "before a registration"},
            ]
        }
    )

    person: RegisteredIn | None = None
    details: PersonDetails | None = None
    why: Why

    @model_validator(mode="after")
    def _names_one(self) -> "DuplicatesIn":
        if (self.person is None) == (self.details is None):
            raise broken_rule("id_or_details", field="person")
        return self

    @model_validator(mode="after")
    def _keeps_the_name_out(self) -> "DuplicatesIn":
        refuse_name(self.why, None if self.details is None else self.details.name)
        return self

    @property
    def question(self) -> FindDuplicates:
        """The question as each owner is asked."""
        return FindDuplicates(person_id=None if self.person is None else self.person.id, details=self.details)


class DisownIn(Message):
    """The second registration that is not this person's, and the reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"check_id": "check_00k3v9x2a4b5c6d7e8f9", "reason_code": "not_me"}]}
    )

    check_id: Id
    reason_code: Disowning


class PauseIn(Message):
    """The end of a pause; null: until it is ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2027-03-01T00:00:00+08:00"}]})

    until: Instant | None = None
