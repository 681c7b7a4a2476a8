"""Answers about plain aggregates beside their shape: their history, and the counts of a list."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, Field, JsonValue, create_model

from services.gateway.http.answers import Answer, InstantText, Nameable
from services.gateway.http.worded import NextStepAnswer, ReasonAnswer
from services.gateway.projection.plain import HistoryEntry, PlainFeature
from shared.contracts.reasons import Reason


def answer_model(feature: PlainFeature) -> type[Nameable]:
    """Return the answer about one thing: its outward shape, and the name that the caller has given it."""
    # The shape last: its configuration counts, by which fields of a newer release are passed over.
    bases: tuple[type[Any], ...] = (Nameable, feature.shape)
    return cast("type[Nameable]", _worded(feature.shape.__name__.removesuffix("Shape"), bases))


def change_model(feature: PlainFeature) -> type[Answer]:
    """Return the answer to an action: the outward shape."""
    return cast("type[Answer]", _worded(feature.shape.__name__, (feature.shape,)))


def _worded(name: str, bases: tuple[type[Any], ...]) -> Any:
    """Return a model with the sentences of next step and reasons, which events and views do not hold."""
    fields = _with_sentences(bases[-1])
    return create_model(
        name, __base__=bases, __doc__=bases[-1].__doc__, **{**fields, "next_step": (NextStepAnswer | None, None)}
    )


def _with_sentences(model: type[BaseModel]) -> dict[str, Any]:
    """Return the fields of the model that hold reasons, with their sentences."""
    worded = ((name, each, _word(each.annotation)) for name, each in model.model_fields.items())
    return {name: (annotation, each) for name, each, annotation in worded if annotation is not each.annotation}


def _word(annotation: Any) -> Any:
    """Return the type with ReasonAnswer in the place of Reason, in lists, options and parts; itself without one."""
    if annotation is Reason:
        return ReasonAnswer
    if get_origin(annotation) in {tuple, Union, UnionType}:
        parts = tuple(map(_word, get_args(annotation)))
        if all(after is before for after, before in zip(parts, get_args(annotation), strict=True)):
            return annotation
        return reduce(or_, parts) if get_origin(annotation) is not tuple else tuple[parts]  # type: ignore[valid-type]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and (fields := _with_sentences(annotation)):
        return create_model(annotation.__name__, __base__=annotation, __doc__=annotation.__doc__, **fields)
    return annotation


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
