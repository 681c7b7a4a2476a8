"""Answers of people: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict

from .common import JsonValue, PersonAnswer, PersonKind, ReasonAnswer


class CopiedItem(TypedDict):
    """One stored document about the person, with the personal data in clear."""

    person: PersonAnswer
    collection: str
    id: str
    content: dict[str, JsonValue]
    kept: ReasonAnswer | None


class CopyAnswer(TypedDict):
    """All that the services hold on a person. Only a copy that is `complete` is the copy that the law means."""

    people: list[PersonAnswer]
    made_at: str
    complete: bool
    services: list[ServiceCopy]


class DuplicateAnswer(TypedDict):
    """Somebody who is perhaps the same person, with the reasons for and against."""

    kind: PersonKind | str
    id: str
    area: str
    score: int
    reasons: list[ReasonAnswer]


class DuplicatesAnswer(TypedDict):
    """The likely duplicates, the likeliest first, at most 20."""

    items: list[DuplicateAnswer]
    compared: int
    crowded: list[CrowdedMark | str]
    unanswered: list[str]


class FoundPerson(TypedDict):
    """A person by reference: nothing about the person is shown. `area` is that in which the owner keeps them."""

    kind: PersonKind | str
    id: str
    area: str


class LeftOutItem(TypedDict):
    """A collection that is not in the copy, and the reason."""

    collection: str
    reason: ReasonAnswer


class PeopleFoundAnswer(TypedDict):
    """The people who fit, at most 20."""

    items: list[FoundPerson]
    more: bool
    unanswered: list[str]


class ServiceCopy(TypedDict):
    """The part of one service. `missing` is the reason code where it is not whole."""

    service: str
    complete: bool
    missing: str | None
    known: list[str]
    items: list[CopiedItem]
    left_out: list[LeftOutItem]
    failed_messages: int
    failed_messages_read: int


CrowdedMark = Literal["identity_number", "phone", "sound", "household"] | str
