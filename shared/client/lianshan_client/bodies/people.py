"""Bodies of people: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import PersonDetails, PersonReference

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CopyIn(TypedDict):
    """The references by which the services know the person, and the one who has asked for the copy."""

    people: list[PersonReference]
    reason: CopyReason


class DuplicatesIn(TypedDict):
    """The person whose duplicates are wanted, registered or described, and the reason."""

    person: NotRequired[RegisteredIn | None]
    details: NotRequired[PersonDetails | None]
    why: str


class RegisteredIn(TypedDict):
    """A registered person."""

    kind: RegisteredPersonKind
    id: str


CopyReason = Literal["asked_by_person", "asked_by_guardian", "asked_by_kin"]


RegisteredPersonKind = Literal["volunteer", "donor"]
