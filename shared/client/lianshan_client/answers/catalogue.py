"""Answers of catalogue: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class EntryAnswer(TypedDict):
    """An entry of the catalogue. Only an item has a form, units and equivalents."""

    id: str
    version: int
    kind: str
    code: str
    zh: str
    en: str
    synonyms: list[str]
    form: str | None
    units: list[UnitAnswer]
    equivalents: list[str]
    retired_at: str | None
    successor: str


class EntryPage(TypedDict):
    """A page of a list, newest first."""

    items: list[EntryAnswer]
    next: str | None


class UnitAnswer(TypedDict):
    """A unit of an item."""

    code: str
    zh: str
    en: str
    synonyms: list[str]
    factor: int


EntryKind = Literal["theme", "group", "item", "skill", "language", "hazard"] | str
