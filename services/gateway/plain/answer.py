"""Answers about plain aggregates beside their shape: their history, and the counts of a list."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import Field, JsonValue, create_model

from services.gateway.http.answers import Answer, InstantText, Nameable
from services.gateway.http.worded import NextStepAnswer
from services.gateway.projection.plain import HistoryEntry, PlainFeature


def answer_model(feature: PlainFeature) -> type[Nameable]:
    """Return the answer about one thing: its outward shape, and the name that the caller has given it."""
    # The shape last: its configuration counts, by which fields of a newer release are passed over.
    bases: tuple[type[Any], ...] = (Nameable, feature.shape)
    return cast("type[Nameable]", _worded(feature.noun.title(), bases))


def change_model(feature: PlainFeature) -> type[Answer]:
    """Return the answer to an action: the outward shape."""
    return cast("type[Answer]", _worded(feature.shape.__name__, (feature.shape,)))


def _worded(name: str, bases: tuple[type[Any], ...]) -> Any:
    """Return a model with the sentence of the next step, which events and views do not hold."""
    return create_model(name, __base__=bases, next_step=(NextStepAnswer | None, None))


class ChangeAnswer(Answer):
    """One change, and the fields that it changed with their new values; of the first one all fields."""

    version: int
    happened: str = Field(description="The last word of the event's type, like `suspended`.")
    at: InstantText
    changed: dict[str, JsonValue]


class HistoryAnswer(Answer):
    """The changes in order, oldest first."""

    items: list[ChangeAnswer]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")


class CountAnswer(Answer):
    """The number of things that agree in these fields."""

    values: dict[str, JsonValue]
    count: int


class CountsAnswer(Answer):
    """The counts of an area, and their sum."""

    total: int
    items: list[CountAnswer]


NOT_A_CHANGE = frozenset({"version"})
"""Differs in every entry, and stands beside the changed fields."""


def describe_changes(before: HistoryEntry | None, entries: Sequence[HistoryEntry]) -> list[ChangeAnswer]:
    """Return each entry with the fields that it changed since the entry before it."""
    answers = []
    for entry in entries:
        earlier: Mapping[str, object] = {} if before is None else before.shape
        changed = {
            name: value
            for name, value in entry.shape.items()
            if name not in NOT_A_CHANGE and (name not in earlier or earlier[name] != value)
        }
        answers.append(
            ChangeAnswer(version=entry.shape["version"], happened=entry.happened, at=entry.at, changed=changed)
        )
        before = entry
    return answers
