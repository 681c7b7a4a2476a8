"""Bodies of volunteers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.common import DisowningReason, GivenBy, Obtained, Place
from ..answers.volunteers import Window
from .common import GuardianDetails

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class DisownIn(TypedDict):
    """The second registration that is not this person's, and the reason."""

    check_id: str
    reason_code: DisowningReason


class MatchingConsent(TypedDict):
    """The consent of a volunteer, with the registration, to be searched for needs by the facts of the registration."""

    words_version: str
    obtained: Obtained
    given_by: NotRequired[GivenBy]
    guardian: NotRequired[GuardianDetails | None]
    expires_at: NotRequired[str | None]


class PauseIn(TypedDict):
    """The end of a pause; null: until it is ended."""

    until: NotRequired[str | None]


class RegisterVolunteer(TypedDict):
    """Register a volunteer. The personal data stays with volunteering, encrypted. Answers the volunteer."""

    name: str
    phone: str
    area: str
    location: Place
    birth_year: NotRequired[int | None]
    identity_number: NotRequired[str | None]
    skills: NotRequired[list[str]]
    languages: NotRequired[list[str]]
    availability: NotRequired[list[Window]]
    standing_acceptance: NotRequired[bool]
    consent: NotRequired[MatchingConsent | None]
    external_id: NotRequired[str | None]
    email: NotRequired[str | None]


class VolunteerChange(TypedDict):
    """The fields of a volunteer that are to change; those that are null stay. No window means any time."""

    phone: NotRequired[str | None]
    area: NotRequired[str | None]
    location: NotRequired[Place | None]
    skills: NotRequired[list[str] | None]
    languages: NotRequired[list[str] | None]
    availability: NotRequired[list[Window] | None]
    standing_acceptance: NotRequired[bool | None]
    email: NotRequired[str | None]
