"""Donors, funds and donations: the commands."""

from collections.abc import Sequence

from services.charity.donations import domain as donations
from services.charity.donations.domain import Donation, Donor, Fund, Sealing
from services.charity.linking.reservation import guard_of, guards
from services.charity.linking.waiting_list import serve, waiting_loads
from services.charity.stock.domain import (
    Supply,
    given_id,
    new_fund_account,
    new_given,
    new_stock,
    view,
)
from shared.contracts.charity.donations import Donate
from shared.contracts.charity.donors import DonorRegistered, RegisterDonor
from shared.contracts.charity.funds import FundOpened, OpenFund
from shared.engine import TURN, Get, Handlers, Handling, Incoming, UnitOfWork
from shared.engine.decide.loads import Load
from shared.ledger import Account, Entry, transfer


def register(handlers: Handlers, vault: Sealing) -> None:
    """Answer the commands."""

    @handlers.on(RegisterDonor)
    def register_donor(message: Incoming[RegisterDonor]) -> Handling:
        work = yield TURN
        donor = _new_donor(work, message.data.name, message.data.phone, vault)
        return {"id": donor.id, "version": donor.version}

    @handlers.on(OpenFund)
    def open_fund(message: Incoming[OpenFund]) -> Handling:
        asked = message.data
        donations.check_fund_area(asked.area)
        work = yield TURN
        fund = work.put(Fund(id=work.new_id("fund"), area=asked.area, name=asked.name, opened_at=work.now))
        work.put(new_fund_account(fund.id, fund.area))
        work.emit(FundOpened(fund_id=fund.id, area=fund.area, name=fund.name), about=fund, area=fund.area)
        return donations.fund_as_read(fund, 0, 0)

    @handlers.on(Donate)
    def donate(message: Incoming[Donate]) -> Handling:
        gift = message.data
        work = yield _receiver_loads(gift)
        if gift.donor_id is not None:
            work.require(Donor, gift.donor_id, "donor_id")
        area = _area(work, gift)
        parts = donations.parts(gift)
        yield guards(parts, area)
        yield [*_account_loads(gift, parts, area), *waiting_loads(parts, area)]
        work = yield TURN
        donor_id = gift.donor_id
        if gift.donor is not None:
            donor_id = _new_donor(work, gift.donor.name, gift.donor.phone, vault).id
        donation, stock = _take_in(work, gift, donor_id, area)
        yield from serve(work, stock, area)
        return donations.as_read(donation)


def _receiver_loads(gift: Donate) -> list[Load]:
    loads: list[Load] = []
    if gift.fund_id is not None:
        loads.append(Get(Fund, gift.fund_id))
    if gift.donor_id is not None:
        loads.append(Get(Donor, gift.donor_id))
    return loads


def _area(work: UnitOfWork, gift: Donate) -> str:
    if gift.fund_id is None:
        return donations.station_area(gift)
    return work.require(Fund, gift.fund_id, "fund_id").area


def _account_loads(gift: Donate, parts: dict[str, int], area: str) -> Sequence[Load]:
    loads: list[Load] = []
    for commodity in parts:
        loads.append(Get(Supply, donations.receiving_account(gift, commodity)))
        loads.append(Get(Account, given_id(area, commodity)))
    return loads


def _take_in(work: UnitOfWork, gift: Donate, donor_id: str | None, area: str) -> tuple[Donation, list[Supply]]:
    donation_id = work.new_id("donation")
    stock: list[Supply] = []
    transfers: list[str] = []
    for commodity, amount in donations.parts(gift).items():
        given = work.get(Account, given_id(area, commodity)) or new_given(area, commodity)
        entry = Entry(work.new_id("transfer"), work.now, "donation", donation_id)
        moved = transfer(given, _receiver(work, gift, commodity, area), amount, entry)
        work.put(moved.debit)
        stock.append(work.put(moved.credit))
        transfers.append(work.put(moved.transfer).id)
        work.put(guard_of(work, commodity, area))
    donation = work.put(
        Donation(
            id=donation_id, donor_id=donor_id, station_id=gift.station_id, fund_id=gift.fund_id, area=area,
            goods=gift.goods, services=gift.services, amount_fen=gift.amount_fen or 0,
            accounts=tuple(supply.id for supply in stock), transfers=tuple(transfers), received_at=work.now,
        )
    )  # fmt: skip
    views = tuple(view(supply) for supply in stock)
    work.emit(donations.received(donation, views), about=donation, area=area)
    return donation, stock


def _receiver(work: UnitOfWork, gift: Donate, commodity: str, area: str) -> Supply:
    account_id = donations.receiving_account(gift, commodity)
    return work.get(Supply, account_id) or new_stock(str(gift.station_id), area, commodity)


def _new_donor(work: UnitOfWork, name: str, phone: str | None, vault: Sealing) -> Donor:
    donor = work.put(donations.sealed_donor(work.new_id("donor"), name, phone, vault, work.now))
    work.emit(DonorRegistered(donor_id=donor.id), about=donor, area="")
    return donor
