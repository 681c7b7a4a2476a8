"""Bodies of consents: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.common import GivenBy, Obtained
from ..answers.consents import ConsentPurpose, ConsentScope
from .common import GuardianDetails, PersonReference

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ConsentIn(TypedDict):
    """A consent that a person, or a guardian, has given just now."""

    scopes: list[ConsentScope]
    purpose: ConsentPurpose
    recipient: NotRequired[str | None]
    given_by: NotRequired[GivenBy]
    guardian: NotRequired[GuardianDetails | None]
    expires_at: str
    words_version: NotRequired[str | None]
    obtained: NotRequired[Obtained | None]
    person: PersonReference


class RenewConsentBody(TypedDict):
    """Record that a consent was given once more, up to a later instant. Answers ConsentShape."""

    given_by: NotRequired[GivenBy]
    guardian: NotRequired[GuardianDetails | None]
    expires_at: str


class SharedIn(TypedDict):
    """The data of a person that an agency asks for, and the purpose: both as the person has consented."""

    person: PersonReference
    scopes: list[ConsentScope]
    purpose: ConsentPurpose
