"""The command that opens a fund."""

from typing import Final

from services.charity.funds.domain.balance import describe_fund, new_fund_account
from services.charity.funds.domain.fund import Fund, check_fund_area
from shared.contracts.charity.funds import FundOpened, OpenFund
from shared.engine import TURN, HandlerTable, Handling, Incoming


def open_fund(message: Incoming[OpenFund]) -> Handling:
    """Open a fund with an empty account. Answers FundAnswer. Raises Refused("invalid") for a whole province."""
    asked = message.data
    check_fund_area(asked.area)
    work = yield TURN
    fund = work.put(Fund(id=work.new_id("fund"), area=asked.area, name=asked.name, opened_at=work.now))
    account = work.put(new_fund_account(fund.id, fund.area))
    work.emit(FundOpened(fund_id=fund.id, area=fund.area, name=fund.name), about=fund, area=fund.area)
    return describe_fund(fund, account)


HANDLERS: Final[HandlerTable] = {OpenFund: open_fund}
