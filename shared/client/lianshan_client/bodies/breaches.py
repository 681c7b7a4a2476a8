"""Bodies of breaches: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.breaches import BreachCause, BreachKind, DataCategory, Harm, Measure

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ChangeBreachBody(TypedDict):
    """Replace the particulars of a breach. Answers BreachShape."""

    kind: BreachKind
    found_at: str
    categories: list[DataCategory]
    people_least: int
    people_most: int
    cause: BreachCause
    harms: list[Harm]
    measures: NotRequired[list[Measure]]


class CloseBreachBody(TypedDict):
    """Close a breach of which the authority and the people were notified. Answers BreachShape."""


class NotifyAuthorityBody(TypedDict):
    """Record the notice to the authority. Answers BreachShape."""

    at: str


class NotifyPeopleBody(TypedDict):
    """Record the notice to the people, or the reason why they need none. Answers BreachShape."""

    at: NotRequired[str | None]
    reason: NotRequired[Literal["measures_avoid_harm"] | None]


class RecordBreach(TypedDict):
    """Record a breach. Answers BreachShape."""

    external_id: NotRequired[str | None]
    kind: BreachKind
    found_at: str
    categories: list[DataCategory]
    people_least: int
    people_most: int
    cause: BreachCause
    harms: list[Harm]
    measures: NotRequired[list[Measure]]
    area: str


class RequireNoticeBody(TypedDict):
    """Record that the authority requires a notice to the people. Answers BreachShape."""
