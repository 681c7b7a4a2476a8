"""Answers about shortfalls."""

from typing import Any, cast

from pydantic import create_model

from services.gateway.http.worded import NextStepAnswer
from services.gateway.projection.plain import PlainView
from shared.contracts.charity.shortfalls import ShortfallShape

# As the plain form makes its answers: the sentence of the next step stands in no view.
ShortfallAnswer = cast(
    "type[ShortfallShape]",
    create_model(
        "ShortfallAnswer",
        __base__=(ShortfallShape,),
        __doc__=ShortfallShape.__doc__,
        next_step=cast("Any", (NextStepAnswer | None, None)),
    ),
)


def shortfall_from_view(view: PlainView) -> ShortfallShape:
    """Return the shortfall as its view has it."""
    return ShortfallAnswer.model_validate(view.shape)
