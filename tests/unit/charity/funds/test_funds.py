"""A fund is opened and receives money in fen."""

import json

from charity_in_memory import STREET, CharityInMemory, money
from pydantic_core import to_json

from services.charity.funds.domain.balance import describe_fund, fund_account_id
from services.charity.funds.domain.fund import Fund
from services.charity.stock.domain import Supply
from shared.contracts.charity.funds import FundOpened, OpenFund


def test_money_goes_into_a_fund_in_fen(charity: CharityInMemory) -> None:
    answer = charity.engine.command(OpenFund(area=STREET, name="Lane fund"))
    assert (answer.area, answer.name, answer.version, answer.balance_fen) == (STREET, "Lane fund", 1, 0)
    charity.give_money(answer.id, 12_345)
    assert charity.account(answer.account_id).balance == 12_345
    (opened,) = charity.engine.emitted(FundOpened)
    assert (opened.fund_id, opened.area) == (answer.id, STREET)


def test_money_reserved_for_a_need_still_counts_in_the_funds_balance(charity: CharityInMemory) -> None:
    fund_id = charity.open_fund(STREET, 1000)
    charity.publish("need_1", money(300))
    fund, account = charity.engine.one(Fund, fund_id), charity.engine.one(Supply, fund_account_id(fund_id))
    answer = json.loads(to_json(describe_fund(fund, account)))
    assert answer == {
        "id": fund_id,
        "version": 1,
        "area": STREET,
        "name": "Neighbours' fund",
        "opened_at": "2026-03-02T01:00:00Z",
        "account_id": f"fund:{fund_id}:CNY",
        "balance_fen": 1000,
        "reserved_fen": 300,
    }
