"""Answers about funds."""

from collections.abc import Sequence

from services.gateway.features.funds.view import FundView
from services.gateway.features.stock.view import StockView
from services.gateway.http.answers import Created, InstantText


class FundAnswer(Created):
    """A fund and its money, in fen: posted, reserved for needs, and the difference."""

    area: str
    name: str
    opened_at: InstantText
    balance_fen: int
    reserved_fen: int
    available_fen: int


def fund_from_view(view: FundView, accounts: Sequence[StockView]) -> FundAnswer:
    """Return the fund with the fen of its accounts: posted, reserved for needs, and the difference."""
    balance = sum(account.balance for account in accounts)
    reserved = sum(account.reserved for account in accounts)
    return FundAnswer(
        id=view.id,
        version=view.seen,
        area=view.area,
        name=view.name,
        opened_at=view.opened_at,
        balance_fen=balance,
        reserved_fen=reserved,
        available_fen=balance - reserved,
    )
