"""Answers of funds: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class FundAnswer(TypedDict):
    """A fund and its money, in fen: posted, reserved for needs, and the difference."""

    id: str
    external_id: NotRequired[str | None]
    version: int
    area: str
    name: str
    opened_at: str
    balance_fen: int
    reserved_fen: int
    available_fen: int


class FundPage(TypedDict):
    """A page of a list, newest first."""

    items: list[FundAnswer]
    next: str | None
