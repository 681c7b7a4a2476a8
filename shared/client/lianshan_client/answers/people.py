"""Answers of people: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TypedDict

from .common import JsonValue, PersonAnswer, ReasonAnswer


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


class LeftOutItem(TypedDict):
    """A collection that is not in the copy, and the reason."""

    collection: str
    reason: ReasonAnswer


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
