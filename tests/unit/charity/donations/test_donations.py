"""Donations: gifts into stock and funds, their events, their refusals."""

import pytest
from charity_in_memory import COMMUNITY, RICE, CharityInMemory, money
from pydantic import ValidationError

from services.charity.donors.domain import Donor
from services.charity.stock.domain import Supply
from shared.catalogue.entities import CATALOGUE_ID, CatalogueState, StoredEntry, entry_id, hash_entry, sum_digest
from shared.contracts import Refused
from shared.contracts.catalogue.entries import Entry, Unit
from shared.contracts.charity.donations import CorrectDonation, Donate, DonationReceived, GivenGoods, GivenService
from shared.contracts.charity.donors import DonorDetails, DonorRegistered
from shared.contracts.charity.funds import OpenFund
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.need_parts import MOST_FEN
from shared.engine.decide.limits import encode_event
from shared.ledger.core import MOST_COUNTED


def test_a_donation_of_goods_goes_into_the_stations_stock_and_is_answered(charity: CharityInMemory) -> None:
    answer = charity.donate(COMMUNITY, 5)
    assert [goods.model_dump() for goods in answer.goods] == [
        {"item": "quilt", "quantity": 5, "unit": "piece", "base_unit": "piece", "base_quantity": 5}
    ]
    assert answer.accounts == (f"stock:st_{COMMUNITY}:{RICE}",)
    assert len(answer.transfers) == 1
    assert charity.available(COMMUNITY) == 5
    (received,) = charity.engine.emitted(DonationReceived)
    assert (received.donation_id, received.area) == (answer.id, COMMUNITY)
    assert [(view.balance, view.reserved) for view in received.stock] == [(5, 0)]
    assert charity.broken_laws() == []


def test_the_same_item_given_twice_in_one_donation_is_one_amount(charity: CharityInMemory) -> None:
    twice = (GivenGoods(item="quilt", quantity=2, unit="piece"),) * 2
    charity.engine.command(Donate(station_id="st_1", station_area=COMMUNITY, goods=twice))
    assert charity.account(f"stock:st_1:{RICE}").available == 4


def test_goods_and_sessions_may_come_in_one_donation(charity: CharityInMemory) -> None:
    answer = charity.engine.command(
        Donate(
            station_id="st_1",
            station_area=COMMUNITY,
            goods=(GivenGoods(item="quilt", quantity=2, unit="piece"),),
            services=(GivenService(item="lecture", quantity=1),),
        )
    )
    assert answer.accounts == (
        f"stock:st_1:{RICE}",
        "stock:st_1:service:lecture",
    )
    assert charity.broken_laws() == []


def test_a_gift_of_money_may_be_as_large_as_any_that_a_fund_can_count(charity: CharityInMemory) -> None:
    fund = charity.open_fund(COMMUNITY)
    assert charity.give_money(fund, MOST_FEN).amount_fen == MOST_FEN == 10**13
    assert charity.account(f"fund:{fund}:CNY").available == MOST_FEN
    charity.publish("need-1", money(10**9))
    assert (charity.state("need-1"), charity.broken_laws()) == ("committed", [])
    with pytest.raises(ValidationError):
        charity.give_money(fund, MOST_FEN + 1)


def test_a_fund_that_is_full_takes_no_more_and_keeps_what_it_has(charity: CharityInMemory) -> None:
    fund = charity.open_fund(COMMUNITY, MOST_FEN)
    account_id = f"fund:{fund}:CNY"
    full = charity.account(account_id).model_copy(update={"credits_posted": MOST_COUNTED})
    charity.engine.entities[Supply, account_id] = full
    assert refused(charity, Donate(fund_id=fund, amount_fen=1)).rule == "account_full"


def test_a_donor_may_be_named_with_the_donation(charity: CharityInMemory) -> None:
    answer = charity.donate(COMMUNITY, 1, donor=DonorDetails(name="Qiao Lan"))
    (registered,) = charity.engine.emitted(DonorRegistered)
    assert registered.donor_id == answer.donor_id
    assert charity.engine.one(Donor, answer.donor_id).phone_sealed is None


def refused(charity: CharityInMemory, command: object) -> Refused:
    before = (dict(charity.engine.entities), list(charity.engine.events))
    with pytest.raises(Refused) as refusal:
        charity.engine.command(command)  # type: ignore[arg-type]
    assert (charity.engine.entities, charity.engine.events) == before, "a refusal changes nothing"
    return refusal.value


def test_an_unknown_fund_donor_or_station_is_refused_by_its_field(charity: CharityInMemory) -> None:
    rice = (GivenGoods(item="quilt", quantity=1, unit="piece"),)
    fund = refused(charity, Donate(fund_id="fund_none", amount_fen=5))
    assert (fund.code, fund.field) == ("not_found", "fund_id")
    donor = refused(charity, Donate(station_id="st_1", station_area=COMMUNITY, goods=rice, donor_id="donor_none"))
    assert (donor.code, donor.field) == ("not_found", "donor_id")
    station = refused(charity, Donate(station_id="st_none", goods=rice))
    assert (station.code, station.field) == ("not_found", "station_id")


def test_a_fund_of_a_whole_province_and_a_station_in_one_are_refused(charity: CharityInMemory) -> None:
    rice = (GivenGoods(item="quilt", quantity=1, unit="piece"),)
    assert refused(charity, OpenFund(area="11", name="Too wide")).field == "area"
    assert refused(charity, Donate(station_id="st_1", station_area="11", goods=rice)).field == "station_area"


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
        {"station_id": "s", "goods": [{"item": "quilt", "quantity": 0, "unit": "piece"}]},
        {"station_id": "s", "goods": [{"item": "quilt", "quantity": 1}]},
        {"fund_id": "f", "amount_fen": 5, "donor_id": "d", "donor": {"name": "Qiao Lan"}},
        {"fund_id": "f", "amount_fen": 5, "gift": True},
    ],
)
def test_a_donation_that_makes_no_sense_is_not_understood(posted: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Donate.model_validate(posted)


def test_the_same_command_again_gives_the_same_answer_and_gives_nothing_twice(charity: CharityInMemory) -> None:
    gift = Donate(
        station_id="st_1", station_area=COMMUNITY, goods=(GivenGoods(item="quilt", quantity=1, unit="piece"),)
    )
    first = charity.engine.command(gift, key="posted-once")
    assert charity.engine.command(gift, key="posted-once") == first
    assert charity.account(f"stock:st_1:{RICE}").available == 1


def test_the_largest_donation_is_taken_and_told_in_one_event(charity: CharityInMemory) -> None:
    """Fifty goods and fifty services, each of its own, with codes as long as a code may be."""
    units = (Unit(code="u" * 48, zh="件", en="piece"), Unit(code="v" * 48, zh="箱", en="box", factor=10**9))
    goods = [f"goods_{n:02}".ljust(48, "x") for n in range(50)]
    services = [f"service_{n:02}".ljust(48, "x") for n in range(50)]
    hashes = 0
    for code, form in [*((code, "goods") for code in goods), *((code, "service") for code in services)]:
        entry = Entry(kind="item", code=code, zh=code, en=code, form=form, units=units)
        stored = StoredEntry(id=entry_id("item", code), version=1, seen=1, entry=entry)
        charity.engine.entities[StoredEntry, stored.id] = stored
        hashes += hash_entry(entry)
    state = CatalogueState(id=CATALOGUE_ID, version=1, digest=sum_digest(hashes))
    charity.engine.entities[CatalogueState, CATALOGUE_ID] = state
    gift = Donate(
        station_id="station_" + "x" * 20,
        station_area=COMMUNITY,
        goods=tuple(GivenGoods(item=code, quantity=10**5, unit="v" * 48) for code in goods),
        services=tuple(GivenService(item=code, quantity=10**9) for code in services),
    )
    answer = charity.engine.command(gift)
    assert len(answer.accounts) == 100
    fewer = tuple(part.model_copy(update={"quantity": part.quantity - 1}) for part in gift.goods)
    sessions = tuple(part.model_copy(update={"quantity": part.quantity - 1}) for part in gift.services)
    right = CorrectDonation(donation_id=answer.id, goods=fewer, services=sessions, reason_code="counted_again")
    charity.engine.command(right)
    received, corrected = charity.engine.events
    assert len(corrected.data.stock) == 100
    assert max(len(encode_event(event)) for event in (received, corrected)) <= MAX_EVENT_BYTES
