"""Donors, funds and donations: the commands."""

from collections.abc import Sequence

from services.charity.domain import donations
from services.charity.domain.accounts import (
    Supply,
    given_id,
    new_fund_account,
    new_given,
    new_stock,
    view,
)
from services.charity.domain.donations import Donation, Donor, Fund, Sealing
from services.charity.handlers.books import guard_of, guards
from services.charity.handlers.waiting import serve, waiting_loads
from shared.contracts.charity import Donate, DonorRegistered, FundOpened, OpenFund, RegisterDonor
from shared.engine import TURN, Desk, Get, Handlers, Handling, Incoming
from shared.engine.loads import Load
from shared.ledger import Account, Entry, transfer


def register(handlers: Handlers, vault: Sealing) -> None:
    """Answer the commands."""

    @handlers.on(RegisterDonor)
    def register_donor(message: Incoming[RegisterDonor]) -> Handling:
        desk = yield TURN
        donor = _new_donor(desk, message.data.name, message.data.phone, vault)
        return {"id": donor.id, "version": donor.version}

    @handlers.on(OpenFund)
    def open_fund(message: Incoming[OpenFund]) -> Handling:
        asked = message.data
        donations.check_fund_area(asked.area)
        desk = yield TURN
        fund = desk.put(Fund(id=desk.new_id("fund"), area=asked.area, name=asked.name, opened_at=desk.now))
        desk.put(new_fund_account(fund.id, fund.area))
        desk.emit(FundOpened(fund_id=fund.id, area=fund.area, name=fund.name), about=fund, area=fund.area)
        return donations.fund_as_read(fund, 0, 0)

    @handlers.on(Donate)
    def donate(message: Incoming[Donate]) -> Handling:
        gift = message.data
        desk = yield _receiver_loads(gift)
        if gift.donor_id is not None:
            desk.require(Donor, gift.donor_id, "donor_id")
        area = _area(desk, gift)
        parts = donations.parts(gift)
        yield guards(parts, area)
        yield [*_account_loads(gift, parts, area), *waiting_loads(parts, area)]
        desk = yield TURN
        donor_id = gift.donor_id
        if gift.donor is not None:
            donor_id = _new_donor(desk, gift.donor.name, gift.donor.phone, vault).id
        donation, stock = _take_in(desk, gift, donor_id, area)
        yield from serve(desk, stock, area)
        return donations.as_read(donation)


def _receiver_loads(gift: Donate) -> list[Load]:
    loads: list[Load] = []
    if gift.fund_id is not None:
        loads.append(Get(Fund, gift.fund_id))
    if gift.donor_id is not None:
        loads.append(Get(Donor, gift.donor_id))
    return loads


def _area(desk: Desk, gift: Donate) -> str:
    if gift.fund_id is None:
        return donations.station_area(gift)
    return desk.require(Fund, gift.fund_id, "fund_id").area


def _account_loads(gift: Donate, parts: dict[str, int], area: str) -> Sequence[Load]:
    loads: list[Load] = []
    for commodity in parts:
        loads.append(Get(Supply, donations.receiving_account(gift, commodity)))
        loads.append(Get(Account, given_id(area, commodity)))
    return loads


def _take_in(desk: Desk, gift: Donate, donor_id: str | None, area: str) -> tuple[Donation, list[Supply]]:
    donation_id = desk.new_id("donation")
    stock: list[Supply] = []
    transfers: list[str] = []
    for commodity, amount in donations.parts(gift).items():
        given = desk.get(Account, given_id(area, commodity)) or new_given(area, commodity)
        entry = Entry(desk.new_id("transfer"), desk.now, "donation", donation_id)
        moved = transfer(given, _receiver(desk, gift, commodity, area), amount, entry)
        desk.put(moved.debit)
        stock.append(desk.put(moved.credit))
        transfers.append(desk.put(moved.transfer).id)
        desk.put(guard_of(desk, commodity, area))
    donation = desk.put(
        Donation(
            id=donation_id, donor_id=donor_id, station_id=gift.station_id, fund_id=gift.fund_id, area=area,
            goods=gift.goods, services=gift.services, amount_fen=gift.amount_fen or 0,
            accounts=tuple(supply.id for supply in stock), transfers=tuple(transfers), received_at=desk.now,
        )
    )  # fmt: skip
    views = tuple(view(supply) for supply in stock)
    desk.emit(donations.received(donation, views), about=donation, area=area)
    return donation, stock


def _receiver(desk: Desk, gift: Donate, commodity: str, area: str) -> Supply:
    account_id = donations.receiving_account(gift, commodity)
    return desk.get(Supply, account_id) or new_stock(str(gift.station_id), area, commodity)


def _new_donor(desk: Desk, name: str, phone: str | None, vault: Sealing) -> Donor:
    donor = desk.put(donations.sealed_donor(desk.new_id("donor"), name, phone, vault, desk.now))
    desk.emit(DonorRegistered(donor_id=donor.id), about=donor, area="")
    return donor
