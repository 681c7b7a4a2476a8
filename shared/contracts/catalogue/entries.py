"""The entries of the catalogue, and the units of its items."""

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from shared.contracts.messages import OPEN, Instant, Label, Message

Kind = Literal["theme", "group", "item", "skill", "language", "hazard"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Form = Literal["goods", "service"]
"""An item is either goods, kept in stock, or a service, pledged in sessions or hours."""
Code = Annotated[str, StringConstraints(min_length=2, max_length=48, pattern=r"^[a-z][a-z0-9_]*$")]
"""The code of an entry or a unit: ASCII in snake case. It never changes."""
MAX_SYNONYMS = 20
MAX_UNITS = 20


class Unit(Message):
    """A unit of an item: `factor` base units are one of it. The base unit has the factor 1."""

    code: Code
    zh: Label
    en: Label
    synonyms: tuple[Label, ...] = Field(default=(), max_length=MAX_SYNONYMS)
    factor: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)] = 1

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of the unit."""
        return (self.code, self.zh, self.en, *self.synonyms)


class Entry(Message):
    """One entry of the catalogue. Only an item has a form, units and equivalents.

    The first unit is the base unit, in which quantities are kept; an item has at least that one. `equivalents` are the
    codes of items that may be given instead. An entry that is retired stays readable; `successor` is the code of the
    entry to use instead, empty where there is none.
    """

    kind: Annotated[Kind, OPEN]
    code: Code
    zh: Label
    en: Label
    synonyms: tuple[Label, ...] = Field(default=(), max_length=MAX_SYNONYMS)
    form: Annotated[Form, OPEN] | None = None
    units: tuple[Unit, ...] = Field(default=(), max_length=MAX_UNITS)
    equivalents: tuple[Code, ...] = Field(default=(), max_length=MAX_SYNONYMS)
    retired_at: Instant | None = None
    successor: str = Field(default="", max_length=48)

    @property
    def names(self) -> Iterator[str]:
        """Every name of the entry; its code also without underscores, so that `elderly care` names it."""
        yield self.code
        yield self.code.replace("_", "")
        yield self.zh
        yield self.en
        yield from self.synonyms

    @property
    def base(self) -> Unit:
        """The base unit of an item."""
        return self.units[0]

    @property
    def commodity(self) -> str:
        """The name of an item in the ledger, counted in its base unit: `goods:rice`, `service:counselling`."""
        return commodity_of(self.form or "goods", self.code)


def commodity_of(form: Form, code: str) -> str:
    """Return the ledger's name of an item. A code has no colon, so no two items share a name."""
    return f"{form}:{code}"
