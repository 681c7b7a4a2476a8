"""Answers about volunteers, and about people who are looked for."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from services.gateway.features.merges.identities import Known
from services.gateway.features.people.view import VolunteerView
from services.gateway.http.answers import Answer, Created, InstantText
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.finding import Block, LikelyDuplicate
from shared.contracts.identity_numbers import known_birth_year
from shared.contracts.messages import OPEN
from shared.contracts.need_parts import Place
from shared.contracts.persons import PersonKind
from shared.contracts.volunteering.checks import CheckState, SecondRegistration
from shared.contracts.volunteering.dispatch import StandingTerms
from shared.contracts.volunteering.people import RegisterVolunteer, VolunteerPersonAnswer, VolunteerState, Window

ShownState = VolunteerState | Literal["erased"]
"""One whose data was erased neither serves nor pauses."""


class SecondRegistrationAnswer(Answer):
    """A registration that looks like a person known before, as that person sees it: without its id and its area."""

    check_id: str
    registered_at: InstantText
    state: Annotated[CheckState, OPEN]
    disowned_at: InstantText | None

    @classmethod
    def of(cls, found: SecondRegistration) -> "SecondRegistrationAnswer":
        """Return the registration as volunteering answers it."""
        return cls.model_validate(found.model_dump(mode="json"))


class VolunteerAnswer(Created):
    """A volunteer. Personal data is shown to keys with `personal:read` only; null where it is not known."""

    area: str
    skills: list[str]
    languages: list[str]
    standing_acceptance: bool
    registered_at: InstantText
    state: Annotated[ShownState, OPEN] = "active"
    paused_until: InstantText | None = Field(default=None, description="The end of a pause that has one.")
    erased: bool = Field(description="Whether the personal data was erased (删除); hours and dispatches stay.")
    name: str | None
    phone: str | None
    location: Place | None
    birth_year: int | None
    identity_number: str | None
    availability: list[Window] | None
    second_registrations: list[SecondRegistrationAnswer] = Field(
        default=[], description="Registrations that look like this person, to be disowned where they are not theirs."
    )
    merged_ids: list[str] = Field(default=[], description="Other ids of the same person, merged into this one.")
    email: str | None


class VolunteerPerson(BaseModel):
    """The personal data of a volunteer; all None for a caller who may not know it."""

    name: str | None = None
    phone: str | None = None
    location: Place | None = None
    birth_year: int | None = None
    identity_number: str | None = None
    availability: list[Window] | None = None
    second_registrations: list[SecondRegistrationAnswer] = []
    email: str | None = None

    @classmethod
    def of(cls, volunteer: RegisterVolunteer | VolunteerPersonAnswer) -> "VolunteerPerson":
        """Return the personal data that the caller has just written, or that volunteering answers."""
        return cls(
            name=volunteer.name,
            phone=volunteer.phone,
            location=volunteer.location,
            birth_year=known_birth_year(volunteer.birth_year, volunteer.identity_number),
            identity_number=volunteer.identity_number,
            availability=list(volunteer.availability),
            second_registrations=[
                SecondRegistrationAnswer.of(one) for one in getattr(volunteer, "second_registrations", ())
            ],
            email=volunteer.email,
        )


NOBODY: Final = VolunteerPerson()


def volunteer_from_view(
    view: VolunteerView, person: VolunteerPerson = NOBODY, known: Known | None = None
) -> VolunteerAnswer:
    """Return the volunteer as the view shows them, with the personal data that the caller may know.

    `known` are the ids of the person, where they were merged.
    """
    known = known or Known(view.id)
    return VolunteerAnswer(
        id=view.id,
        version=max(view.seen, known.version),
        area=view.area,
        skills=view.skills,
        languages=view.languages,
        standing_acceptance=view.standing_acceptance,
        registered_at=view.registered_at,
        state="erased" if view.erased else view.state,
        paused_until=view.paused_until,
        erased=view.erased,
        name=person.name,
        phone=person.phone,
        location=person.location,
        birth_year=person.birth_year,
        identity_number=person.identity_number,
        availability=person.availability,
        second_registrations=person.second_registrations,
        merged_ids=list(known.merged_ids),
        email=person.email,
    )


class StandingAnswer(StandingTerms, Answer):
    """The bounds of standing acceptance, and whether this volunteer has given it."""

    standing_acceptance: bool


class FoundPerson(Answer):
    """A person by reference: nothing about the person is shown. `area` is that in which the owner keeps them."""

    kind: Annotated[PersonKind, OPEN]
    id: str
    area: str


class PeopleFoundAnswer(Answer):
    """The people who fit, at most 20."""

    items: list[FoundPerson]
    more: bool = Field(description="Whether more fit than are listed.")
    unanswered: list[str] = Field(description="The services that did not answer: whom they keep is missing.")


class DuplicateAnswer(FoundPerson):
    """Somebody who is perhaps the same person, with the reasons for and against."""

    score: int = Field(description="50 to 100: the more, the likelier.")
    reasons: list[ReasonAnswer]


class DuplicatesAnswer(Answer):
    """The likely duplicates, the likeliest first, at most 20."""

    items: list[DuplicateAnswer]
    compared: int = Field(description="The people whose data was compared; each is on record as read.")
    crowded: list[Annotated[Block, OPEN]] = Field(
        description="What more people share than may be compared at once: some of them were not looked at."
    )
    unanswered: list[str] = Field(description="The services that did not answer: whom they keep is missing.")


def duplicate_from_owner(found: LikelyDuplicate) -> DuplicateAnswer:
    """Return a likely duplicate as its owner has found it."""
    reasons = [ReasonAnswer(code=one.code, args=dict(one.args)) for one in found.reasons]
    return DuplicateAnswer(kind=found.kind, id=found.id, area=found.area, score=found.score, reasons=reasons)
