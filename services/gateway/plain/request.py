"""Requests about plain aggregates: the filters of a list, and the bodies of actions."""

from collections.abc import Callable, Coroutine
from inspect import Parameter, Signature
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from fastapi import Query
from pydantic import BaseModel, create_model

from services.gateway.http.parameters import Several
from services.gateway.projection.plain import PlainFeature
from services.gateway.reading.views import filters
from shared.contracts.messages import Message
from shared.contracts.plain import Action
from shared.engine.decide.schema import Document

MOST_CHARACTERS: Final = 64
FromPath: Final = frozenset(Action.model_fields)
"""The fields of an action that its path and its headers give."""


def action_body(command: type[Action]) -> type[BaseModel]:
    """Return the body of an action: the command's fields without those of every action."""
    fields: dict[str, Any] = {
        name: (each.annotation, each) for name, each in command.model_fields.items() if name not in FromPath
    }
    return create_model(f"{command.__name__}Body", __base__=Message, __doc__=command.__doc__, **fields)


def filter_rule(feature: PlainFeature) -> Callable[..., Coroutine[Any, Any, Document]]:
    """Return a dependency that gives the MongoDB rule of the filters in a request.

    Each filter is a query parameter of the shape's own type; of a field with many values, one of them. One of a closed
    set of values, such as a state, may come several times: each of them fits.
    """

    # A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
    async def rule(**given: object) -> Document:
        return {f"shape.{name}": value for name, value in filters(**given).items()}

    parameters = [_parameter(name, feature.shape.model_fields[name].annotation) for name in feature.filters]
    rule.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return rule


def _parameter(name: str, annotation: Any) -> Parameter:
    wanted = _scalar(annotation)
    if get_origin(wanted) is Literal:
        return Parameter(name, Parameter.KEYWORD_ONLY, default=(), annotation=Several[wanted])  # type: ignore[valid-type] # known at run time
    limits = Query(max_length=MOST_CHARACTERS) if wanted is str else Query()
    return Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[wanted | None, limits])


def _scalar(annotation: Any) -> Any:
    """Return the type of one value: of an optional or repeated field, of its parts."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _scalar(get_args(annotation)[0])
    if origin in {tuple, list, Union, UnionType}:
        return _scalar(next(part for part in get_args(annotation) if part not in {type(None), Ellipsis}))
    return annotation if annotation in {bool, int} or origin is Literal else str
