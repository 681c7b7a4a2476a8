"""The rules that a message breaks, read from the errors of pydantic: field, reason code, values; never the input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.refusals import FIELD, Args

ARGS: Final = frozenset(
    {"ge", "gt", "le", "lt", "min_length", "max_length", "expected", "pattern", "multiple_of", "max_digits"}
)
"""The values of pydantic's own errors that are passed on: limits of the rule, never parts of the refused input."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """One rule that one field breaks: its dotted path, the reason code, and the values of its sentence."""

    field: str
    rule: str
    args: Args


def read_errors(error: ValidationError) -> list[ErrorDetails]:
    """Return the parts of a validation error without its input, which may be about a person."""
    return error.errors(include_url=False, include_input=False)


def read_broken_rule(part: ErrorDetails, path: Sequence[str | int] | None = None) -> BrokenRule:
    """Return the rule that a part of a validation error breaks.

    `path` is that of the field, where the part's own path misleads.
    """
    context = part.get("ctx", {})
    places = [str(place) for place in (part["loc"] if path is None else path)]
    own = FIELD in context or not ARGS.issuperset(context)
    named = {name: value for name, value in context.items() if name != FIELD and (own or name in ARGS)}
    args = {name: _as_arg(value) for name, value in named.items() if isinstance(value, str | int | float)}
    if FIELD in context:
        places.append(str(context[FIELD]))
    return BrokenRule(".".join(places), part["type"], args)


def _as_arg(value: str | float) -> str | int:
    return f"{value:g}" if isinstance(value, float) else value
