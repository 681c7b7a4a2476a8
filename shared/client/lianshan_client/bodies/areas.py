"""Bodies of areas: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TypedDict


class AreaRow(TypedDict):
    """One area of a register."""

    code: str
    name: str


class ImportAreas(TypedDict):
    """Take in a part of a register; the same row twice changes nothing. Answers {count, changed}."""

    rows: list[AreaRow]
