"""Donors, funds and donations: what comes in, what is told of it, what is refused."""

import pytest
from charity_in_memory import COMMUNITY, RICE, STREET, House
from pydantic import ValidationError

from services.charity.donations.domain import Donor
from shared.contracts import Refused
from shared.contracts.charity.donations import Donate, DonationReceived, GivenGoods, GivenService
from shared.contracts.charity.donors import DonorDetails, DonorRegistered, RegisterDonor
from shared.contracts.charity.funds import FundOpened, OpenFund


def test_a_donation_of_goods_stands_in_the_stations_stock_and_is_answered_as_read() -> None:
    house = House()
    answer = house.donate(COMMUNITY, 5)
    assert answer["goods"] == [{"item": "rice", "quantity": 5, "unit": "bag"}]
    assert answer["accounts"] == [f"stock:st_{COMMUNITY}:{RICE}"]
    assert len(answer["transfers"]) == 1
    assert house.available(COMMUNITY) == 5
    (said,) = house.engine.emitted(DonationReceived)
    assert (said.donation_id, said.area) == (answer["id"], COMMUNITY)
    assert [(view.balance, view.reserved) for view in said.stock] == [(5, 0)]
    assert house.broken_laws() == []


def test_the_same_item_given_twice_in_one_donation_is_one_amount() -> None:
    house = House()
    twice = (GivenGoods(item="rice", quantity=2, unit="bag"),) * 2
    house.engine.command(Donate(station_id="st_1", station_area=COMMUNITY, goods=twice))
    assert house.account(f"stock:st_1:{RICE}").available == 4


def test_goods_and_sessions_may_come_in_one_donation() -> None:
    house = House()
    answer = house.engine.command(
        Donate(
            station_id="st_1",
            station_area=COMMUNITY,
            goods=(GivenGoods(item="rice", quantity=2, unit="bag"),),
            services=(GivenService(item="lecture", quantity=1),),
        )
    )
    assert answer["accounts"] == [f"stock:st_1:{RICE}", "stock:st_1:service:lecture"]
    assert house.broken_laws() == []


def test_money_goes_into_a_fund_in_fen() -> None:
    house = House()
    answer = house.engine.command(OpenFund(area=STREET, name="Lane fund"))
    assert (answer["area"], answer["name"], answer["version"], answer["balance_fen"]) == (STREET, "Lane fund", 1, 0)
    house.give_money(answer["id"], 12_345)
    assert house.account(answer["account_id"]).balance == 12_345
    (opened,) = house.engine.emitted(FundOpened)
    assert (opened.fund_id, opened.area) == (answer["id"], STREET)


def test_a_donor_is_sealed_and_never_named_in_what_is_said() -> None:
    house = House()
    answer = house.engine.command(RegisterDonor(name="Qiao Lan", phone="010-5550-0101"))
    donor = house.engine.one(Donor, answer["id"])
    assert answer == {"id": donor.id, "version": 1}
    assert "Qiao" not in str(donor.to_document())
    assert house.vault.open(donor.name_sealed) == "Qiao Lan"
    house.donate(COMMUNITY, 1, donor_id=answer["id"])
    told = "".join(event.model_dump_json() for event in house.engine.events)
    assert "Qiao" not in told
    assert "5550" not in told
    assert house.engine.emitted(DonationReceived)[0].donor_id == answer["id"]


def test_a_donor_may_be_named_with_the_donation() -> None:
    house = House()
    answer = house.donate(COMMUNITY, 1, donor=DonorDetails(name="Qiao Lan"))
    (registered,) = house.engine.emitted(DonorRegistered)
    assert registered.donor_id == answer["donor_id"]
    assert house.engine.one(Donor, answer["donor_id"]).phone_sealed is None


def refused(house: House, command: object) -> Refused:
    before = (dict(house.engine.entities), list(house.engine.events))
    with pytest.raises(Refused) as refusal:
        house.engine.command(command)  # type: ignore[arg-type]
    assert (house.engine.entities, house.engine.events) == before, "a refusal changes nothing"
    return refusal.value


def test_an_unknown_fund_donor_or_station_is_refused_by_its_field() -> None:
    house = House()
    rice = (GivenGoods(item="rice", quantity=1, unit="bag"),)
    fund = refused(house, Donate(fund_id="fund_none", amount_fen=5))
    assert (fund.code, fund.field) == ("not_found", "fund_id")
    donor = refused(house, Donate(station_id="st_1", station_area=COMMUNITY, goods=rice, donor_id="donor_none"))
    assert (donor.code, donor.field) == ("not_found", "donor_id")
    station = refused(house, Donate(station_id="st_none", goods=rice))
    assert (station.code, station.field) == ("not_found", "station_id")


def test_a_fund_of_a_whole_province_and_a_station_in_one_are_refused() -> None:
    house = House()
    rice = (GivenGoods(item="rice", quantity=1, unit="bag"),)
    assert refused(house, OpenFund(area="11", name="Too wide")).field == "area"
    assert refused(house, Donate(station_id="st_1", station_area="11", goods=rice)).field == "station_area"


@pytest.mark.parametrize(
    "posted",
    [
        {"fund_id": "f", "amount_fen": 0},
        {"fund_id": "f", "amount_fen": -5},
        {"fund_id": "f", "amount_fen": 1.5},
        {"fund_id": "f"},
        {"amount_fen": 5},
        {"station_id": "s", "fund_id": "f", "amount_fen": 5},
        {"station_id": "s", "amount_fen": 5},
        {"station_id": "s", "goods": []},
        {"station_id": "s", "goods": [{"item": "rice", "quantity": 0, "unit": "bag"}]},
        {"station_id": "s", "goods": [{"item": "rice", "quantity": 1}]},
        {"fund_id": "f", "amount_fen": 5, "donor_id": "d", "donor": {"name": "Qiao Lan"}},
        {"fund_id": "f", "amount_fen": 5, "gift": True},
    ],
)
def test_a_donation_that_makes_no_sense_is_not_understood(posted: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Donate.model_validate(posted)


def test_the_same_command_again_gives_the_same_answer_and_gives_nothing_twice() -> None:
    house = House()
    gift = Donate(station_id="st_1", station_area=COMMUNITY, goods=(GivenGoods(item="rice", quantity=1, unit="bag"),))
    first = house.engine.command(gift, key="posted-once")
    assert house.engine.command(gift, key="posted-once") == first
    assert house.account(f"stock:st_1:{RICE}").available == 1
