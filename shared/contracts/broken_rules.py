"""The rules that a message breaks, read from the errors of pydantic: field, reason code, values; never the input."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.areas import AREA_PATTERN
from shared.contracts.plain import CODE_PATTERN
from shared.contracts.refusals import FIELD, Args

ARGS: Final = frozenset(
    {"ge", "gt", "le", "lt", "min_length", "max_length", "expected", "pattern", "multiple_of", "max_digits"}
)
"""The values of pydantic's own errors that are passed on: limits of the rule, never parts of the refused input."""
RULES: Final[Mapping[str, str]] = {AREA_PATTERN: "not_an_area_code", CODE_PATTERN: "not_snake_case"}
"""The rules of patterns that are explained in words, because few people read a regular expression."""
_ALTERNATIVES: Final = re.compile(r"\^\(([a-z_]+(?:\|[a-z_]+)*)\)\$")
MANY_CHOICES: Final = "unknown_choice"
MOST_NAMED: Final = 30
"""Choices that a sentence lists; of more the description of the API has the list."""
_QUOTED: Final = re.compile(r"'([^']*)'")


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
    return BrokenRule(".".join(places), *_explain(part["type"], args))


def _explain(rule: str, args: Args) -> tuple[str, Args]:
    """Return the rule and its values as a person reads them: words for a pattern, codes with commas for choices."""
    pattern, expected = str(args.get("pattern", "")), str(args.get("expected", ""))
    if pattern in RULES:
        return RULES[pattern], {}
    if (choices := _ALTERNATIVES.fullmatch(pattern)) is not None:
        return _name_choices("literal_error", choices[1].split("|"))
    if rule in {"literal_error", "enum"} and (codes := _QUOTED.findall(expected)):
        return _name_choices(rule, codes)
    return rule, args


def _name_choices(rule: str, codes: Sequence[str]) -> tuple[str, Args]:
    if len(codes) > MOST_NAMED:
        return MANY_CHOICES, {"count": len(codes)}
    return rule, {"expected": ",".join(codes)}


def _as_arg(value: str | float) -> str | int:
    return f"{value:g}" if isinstance(value, float) else value
