"""The command that opens a fund."""

from typing import Final

from services.charity.funds.domain.balance import describe_fund, new_fund_account
from services.charity.funds.domain.fund import Fund, check_fund_area
from shared.contracts.charity.funds import FundOpened, OpenFund
from shared.engine import TURN, HandlerTable, Handling, Incoming
from shared.engine.decide.external_ids import Namer, keep_name, name_load


def open_fund(message: Incoming[OpenFund], vault: Namer) -> Handling:
    """Open a fund with an empty account. Answers FundAnswer. Raises Refused("invalid") for a whole province."""
    asked = message.data
    check_fund_area(asked.area)
    yield name_load(vault, message.actor.principal, "fund", asked.external_id)
    work = yield TURN
    fund_id = work.new_id("fund")
    keep_name(work, vault, "fund", fund_id, asked.external_id)
    fund = work.put(Fund(id=fund_id, area=asked.area, name=asked.name, opened_at=work.now))
    account = work.put(new_fund_account(fund.id, fund.area))
    work.emit(FundOpened(fund_id=fund.id, area=fund.area, name=fund.name), about=fund, area=fund.area)
    return describe_fund(fund, account)


HANDLERS: Final[HandlerTable] = {OpenFund: open_fund}
