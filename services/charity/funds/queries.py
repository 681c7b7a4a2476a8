"""The query for a fund and its balance."""

from typing import Final

from services.charity.funds.domain.balance import describe_fund, fund_account_id
from services.charity.funds.domain.fund import Fund
from services.charity.reading import read_entity
from services.charity.stock.domain import Supply
from shared.contracts.charity.funds import FundAnswer, ReadFund
from shared.engine import QueryTable, Store


def read_fund(query: ReadFund, store: Store) -> FundAnswer | None:
    """Return the fund with its balance in fen, posted and reserved; None where there is no such fund."""
    fund = read_entity(store, Fund, query.fund_id)
    account = read_entity(store, Supply, fund_account_id(query.fund_id))
    return None if fund is None or account is None else describe_fund(fund, account)


QUERIES: Final[QueryTable] = {ReadFund: read_fund}
