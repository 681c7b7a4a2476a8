"""Consent (同意) of a person to the handling of their data: its shape, and the forms of its messages, for each owner.

The owner of a person's data keeps the consents: the module `consents` of each service has its messages.
Personal Information Protection Law, art. 13 to 16; separate consent (单独同意) before another agency receives anything:
art. 23, and for sensitive data art. 29; a guardian's for a child under fourteen: art. 31.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from shared.contracts.access.actor import Reach
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import (
    OPEN,
    Answer,
    AuditedQuery,
    Command,
    EventData,
    Id,
    Instant,
    Message,
    Name,
    OwnId,
    Phone,
    Scope,
)
from shared.contracts.need_parts import Place
from shared.contracts.persons import PersonKind
from shared.contracts.plain import Action, Shape

ConsentScope = Literal["identity", "identity_number", "contact", "location", "service_record", "need_words",
    "health",
]  # fmt: skip
"""The data consented to: name and birth year; identity number; telephone; exact place; skills and record of a
volunteer; the words about the person whom a need is about; the values of a screening.
"""
ConsentPurpose = Literal[
    "service_delivery", "case_referral", "volunteer_recruitment", "volunteer_matching", "insurance", "tax_deduction",
    "research", "publicity", "record_keeping", "family_notice", "health_screening",
]  # fmt: skip
"""`volunteer_matching` is the platform's own: to be searched for needs by home, year of birth, skills and languages.
`record_keeping` and `family_notice` are a station's: to keep a record of a resident, to tell the family; so is
`health_screening`, to measure and judge values of a resident's health.
"""
Obtained = Literal["in_person", "in_writing", "by_telephone", "online"]
"""How a consent was obtained (art. 14)."""
WordsVersion = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._-]+$")]
"""The version of the words that the person was shown, as the office numbers them."""
ConsentState = Literal["given", "expired", "withdrawn"]
Giver = Literal["self", "guardian"]
MOST_SCOPES: Final = 6


class ConsentShape(Shape):
    """A consent of the person with `person_id`. Without a recipient it is the platform's own; else separate consent.

    `recipient` is the principal of an agency. It holds from `given_at` up to, not including, `expires_at`, until it is
    withdrawn; handling before a withdrawal stays lawful (art. 15). `area` is that of the person.
    """

    area: Reach
    person_kind: Annotated[PersonKind, OPEN]
    person_id: Id
    scopes: tuple[Annotated[ConsentScope, OPEN], ...]
    purpose: Annotated[ConsentPurpose, OPEN]
    recipient: Id | None = None
    given_by: Annotated[Giver, OPEN]
    given_at: Instant
    expires_at: Instant
    withdrawn_at: Instant | None = None
    state: Annotated[ConsentState, OPEN]
    words_version: WordsVersion | None = Field(
        default=None, description="The version of the words that the person was shown."
    )
    obtained: Annotated[Obtained, OPEN] | None = Field(default=None, description="How the consent was obtained.")


class ConsentGiven(ConsentShape, EventData):
    """A person, or the guardian, has consented."""


class ConsentRenewed(ConsentShape, EventData):
    """A consent was given once more, up to a later day."""


class ConsentWithdrawn(ConsentShape, EventData):
    """A consent was withdrawn: nobody may rely on it any more."""


class ConsentExpired(ConsentShape, EventData):
    """The time of a consent is over."""


class GuardianDetails(Message):
    """Name and telephone of the guardian (监护人). Personal data: sealed with the person's key."""

    name: Name
    phone: Phone


class MatchingConsent(Message):
    """The consent of a volunteer, with the registration, to be searched for needs by the facts of the registration.

    Personal Information Protection Law, art. 13 and 14: informed, so that words and way are on record.
    """

    words_version: WordsVersion
    obtained: Obtained
    given_by: Giver = "self"
    guardian: GuardianDetails | None = Field(default=None, description="Needed where a guardian gives it.")
    expires_at: Instant | None = Field(default=None, description="At most three years ahead; without it, so long.")


class RecordConsent(Message):
    """The consent of a resident, given just now, to the record that a station keeps.

    Personal Information Protection Law, art. 13, 14 and 29: an identity number is consented to separately.
    """

    words_version: WordsVersion
    obtained: Obtained
    given_by: Giver = "self"
    guardian: GuardianDetails | None = Field(default=None, description="Needed where a guardian gives it.")
    expires_at: Instant | None = Field(default=None, description="At most three years ahead; without it, so long.")


class ConsentTerms(Message):
    """The terms of a consent that was given just now."""

    scopes: tuple[ConsentScope, ...] = Field(min_length=1, max_length=MOST_SCOPES)
    purpose: ConsentPurpose
    recipient: OwnId | None = Field(
        default=None, description="The principal of the agency that may receive the data; none: the platform itself."
    )
    given_by: Giver = "self"
    guardian: GuardianDetails | None = Field(default=None, description="Needed where a guardian gives it.")
    expires_at: Instant = Field(description="At most three years ahead.")
    words_version: WordsVersion | None = None
    obtained: Obtained | None = None


class GiveConsent(ConsentTerms, Command):
    """Record a consent that was given just now. Answers ConsentShape."""

    type: ClassVar[str] = "GiveConsent"
    permission: ClassVar[Permission] = "consents:record"
    scope: ClassVar[Scope] = Scope(found=("person_id",))
    person_id: Id


class RenewConsent(Action):
    """Record that a consent was given once more, up to a later instant. Answers ConsentShape."""

    type: ClassVar[str] = "RenewConsent"
    permission: ClassVar[Permission] = "consents:record"
    given_by: Giver = "self"
    guardian: GuardianDetails | None = Field(default=None, description="Needed where a guardian gives it.")
    expires_at: Instant


class WithdrawConsent(Action):
    """Withdraw a consent, at once and without a reason. Answers ConsentShape."""

    type: ClassVar[str] = "WithdrawConsent"
    permission: ClassVar[Permission] = "consents:record"


class SharedIdentity(Answer):
    """Scope `identity`."""

    name: str
    birth_year: int | None = None


class SharedContact(Answer):
    """Scope `contact`."""

    phone: str | None


class SharedRecord(Answer):
    """Scope `service_record`: `kept` counts the dispatches served, `missed` the no-shows and late withdrawals."""

    skills: tuple[str, ...]
    languages: tuple[str, ...]
    kept: int
    missed: int
    registered_at: Instant


class SharedWords(Answer):
    """Scope `need_words`."""

    title: str
    purposes: Mapping[str, str] = Field(default_factory=dict)
    cancel_reason: str | None = None
    confirm_note: str | None = None
    evaluation_comment: str | None = None


class SharedAnswer(Answer):
    """The data of a person that separate consent opens to an agency: the scopes asked for, and nothing else."""

    id: Id
    identity: SharedIdentity | None = None
    identity_number: str | None = None
    contact: SharedContact | None = None
    location: Place | None = None
    service_record: SharedRecord | None = None
    need_words: SharedWords | None = None


class ReadShared(AuditedQuery[SharedAnswer | None]):
    """Read data of a person for an agency, as far as the person's separate consent opens it to that agency.

    None where no consent holds at the owner's city time for one of the scopes and the purpose, and for an unknown id.
    """

    type: ClassVar[str] = "ReadShared"
    permission: ClassVar[Permission] = "shared:read"
    by_consent: ClassVar[bool] = True
    recorded_as: ClassVar[str] = "shared"
    about: ClassVar[str] = "person_id"
    person_id: Id
    scopes: tuple[ConsentScope, ...] = Field(min_length=1, max_length=MOST_SCOPES)
    purpose: ConsentPurpose
