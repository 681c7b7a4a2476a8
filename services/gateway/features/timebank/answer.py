"""Answers about the time bank, and the question to volunteering for a statement."""

from typing import Final

from pydantic import BaseModel, TypeAdapter

from services.gateway.features.timebank.view import TimebankView
from services.gateway.http.answers import Answer, InstantText
from services.gateway.messaging.queries import Question


class BalanceAnswer(Answer):
    """A balance, in minutes."""

    volunteer_id: str
    version: int
    area: str
    balance_minutes: int
    credited_at: InstantText


class StatementItem(Answer):
    """One transfer of the account; `minutes` are negative where they left it. `cause` is the dispatch."""

    id: str
    at: InstantText
    minutes: int
    state: str
    reason: str
    cause: str


class Statement(Answer):
    """A page of an account's transfers, oldest first."""

    items: list[StatementItem]
    next: str | None


class AccountAnswer(Answer):
    """A balance with its statement."""

    volunteer_id: str
    area: str
    balance_minutes: int
    statement: Statement


class AccountStatement(BaseModel):
    """A page of an account as volunteering answers it; one without credits is empty."""

    balance_minutes: int = 0
    items: list[StatementItem] = []
    next: str | None = None


STATEMENT: Final = Question("volunteering", "statement", TypeAdapter(AccountStatement))
"""A volunteer's account: volunteer_id, after, limit."""


def balance_from_view(view: TimebankView) -> BalanceAnswer:
    """Return the balance as its view shows it."""
    return BalanceAnswer(
        volunteer_id=view.id,
        version=view.seen,
        area=view.area,
        balance_minutes=view.balance_minutes,
        credited_at=view.credited_at,
    )


def account_from_owner(volunteer_id: str, area: str, page: AccountStatement) -> AccountAnswer:
    """Return the account with the page of its statement, as volunteering answered it."""
    return AccountAnswer(
        volunteer_id=volunteer_id,
        area=area,
        balance_minutes=page.balance_minutes,
        statement=Statement(items=page.items, next=page.next),
    )
