"""A fund's balance: its account in the ledger, in fen, and the answer that shows it."""

from services.charity.funds.domain.fund import Fund
from services.charity.stock.domain import MONEY, Supply
from shared.contracts.charity.funds import FundAnswer


def fund_account_id(fund_id: str) -> str:
    """Return the id of the account that holds the fund's money."""
    return f"fund:{fund_id}:{MONEY}"


def new_fund_account(fund_id: str, area: str) -> Supply:
    """Return the account of a fund without money."""
    return Supply(id=fund_account_id(fund_id), commodity=MONEY, holder=fund_id, area=area, kind="fund")


def describe_fund(fund: Fund, account: Supply) -> FundAnswer:
    """Return the fund with its balance in fen: posted, and how much of it is reserved for needs."""
    return FundAnswer(
        id=fund.id,
        version=fund.version,
        area=fund.area,
        name=fund.name,
        opened_at=fund.opened_at,
        account_id=account.id,
        balance_fen=account.balance,
        reserved_fen=account.debits_pending,
    )
