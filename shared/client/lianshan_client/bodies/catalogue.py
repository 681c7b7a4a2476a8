"""Bodies of catalogue: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.catalogue import EntryKind
from .common import SupplyForm

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AddEntry(TypedDict):
    """Add an entry. The same entry again changes nothing. Answers EntryAnswer."""

    kind: EntryKind
    code: str
    zh: str
    en: str
    synonyms: NotRequired[list[str]]
    form: NotRequired[SupplyForm | None]
    units: NotRequired[list[UnitAsked]]
    equivalents: NotRequired[list[str]]


class FurtherNamesIn(TypedDict):
    """Further synonyms, units or equivalents."""

    synonyms: NotRequired[list[str]]
    units: NotRequired[list[UnitAsked]]
    equivalents: NotRequired[list[str]]


class RetireIn(TypedDict):
    """The entry to use instead, where there is one."""

    successor: NotRequired[str | None]


class UnitAsked(TypedDict):
    """A unit of an item: `factor` base units are one of it."""

    code: str
    zh: str
    en: str
    synonyms: NotRequired[list[str]]
    factor: NotRequired[int]
