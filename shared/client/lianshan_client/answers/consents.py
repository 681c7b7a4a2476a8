"""Answers of consents: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import GivenBy, NextStepAnswer, Obtained, PersonAnswer, PersonKind, Place

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ConsentAnswer(TypedDict):
    """A consent of the person with `person_id`. Without a recipient it is the platform's own; else separate consent."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    person_kind: PersonKind | str
    person_id: str
    scopes: list[ConsentScope | str]
    purpose: ConsentPurpose | str
    recipient: NotRequired[str | None]
    given_by: GivenBy | str
    given_at: str
    expires_at: str
    withdrawn_at: NotRequired[str | None]
    state: ConsentState | str
    words_version: NotRequired[str | None]
    obtained: NotRequired[Obtained | str | None]


class ConsentPage(TypedDict):
    """A page of a list, newest first."""

    items: list[ConsentAnswer]
    next: str | None


class SharedAnswer(TypedDict):
    """The scopes that were asked for, each where its consent opens it; the others are null."""

    person: PersonAnswer
    identity: SharedIdentity | None
    identity_number: str | None
    contact: SharedContact | None
    location: Place | None
    service_record: SharedRecord | None
    need_words: SharedWords | None


class SharedContact(TypedDict):
    """Scope `contact`."""

    phone: str | None


class SharedIdentity(TypedDict):
    """Scope `identity`."""

    name: str
    birth_year: NotRequired[int | None]


class SharedRecord(TypedDict):
    """Scope `service_record`: `kept` counts the dispatches served, `missed` the no-shows and late withdrawals."""

    skills: list[str]
    languages: list[str]
    kept: int
    missed: int
    registered_at: str


class SharedWords(TypedDict):
    """Scope `need_words`."""

    title: str
    purposes: NotRequired[dict[str, str]]
    cancel_reason: NotRequired[str | None]
    confirm_note: NotRequired[str | None]
    evaluation_comment: NotRequired[str | None]


ConsentPurpose = (
    Literal[
        "service_delivery",
        "case_referral",
        "volunteer_recruitment",
        "volunteer_matching",
        "insurance",
        "tax_deduction",
        "research",
        "publicity",
        "record_keeping",
        "family_notice",
        "health_screening",
    ]
    | str
)


ConsentScope = (
    Literal["identity", "identity_number", "contact", "location", "service_record", "need_words", "health"] | str
)


ConsentState = Literal["given", "expired", "withdrawn"] | str
