"""Answers of relations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, RelationKind, RelationTie, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Relation(TypedDict):
    """A relation of the resident with `resident_id`. `area` is that of the resident's station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    resident_id: str
    kind: RelationKind | str
    tie: RelationTie | str
    related_id: NotRequired[str | None]
    since: str
    state: RelationState | str
    reason: NotRequired[RelationEnd | str | None]
    until: NotRequired[str | None]
    replace_by: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class RelationPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Relation]
    next: str | None


class RelationShape(TypedDict):
    """A relation of the resident with `resident_id`. `area` is that of the resident's station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    resident_id: str
    kind: RelationKind | str
    tie: RelationTie | str
    related_id: NotRequired[str | None]
    since: str
    state: RelationState | str
    reason: NotRequired[RelationEnd | str | None]
    until: NotRequired[str | None]
    replace_by: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]


RelationEnd = Literal["no_longer", "died", "recorded_by_mistake", "data_erased", "resident_died"] | str


RelationState = Literal["standing", "ended"] | str
