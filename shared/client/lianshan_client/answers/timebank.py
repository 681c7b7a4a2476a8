"""Answers of timebank: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TypedDict


class AccountAnswer(TypedDict):
    """A balance with its statement."""

    volunteer_id: str
    area: str
    balance_minutes: int
    statement: Statement


class BalanceAnswer(TypedDict):
    """A person's balance, in minutes, over the accounts of all ids that were merged; `version` counts their changes."""

    volunteer_id: str
    version: int
    area: str
    balance_minutes: int
    credited_at: str


class BalancePage(TypedDict):
    """A page of a list, newest first."""

    items: list[BalanceAnswer]
    next: str | None


class Statement(TypedDict):
    """A page of an account's transfers, oldest first."""

    items: list[StatementItem]
    next: str | None


class StatementItem(TypedDict):
    """One transfer of the account; `minutes` are negative where they left it. `cause` is the dispatch."""

    id: str
    at: str
    minutes: int
    state: str
    reason: str
    cause: str
    reason_text: str
