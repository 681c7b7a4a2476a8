"""The command that gives: into stock or a fund, and on to the needs that wait."""

from collections.abc import Mapping
from typing import Final

from services.charity.donations import correcting
from services.charity.donations.domain import (
    Donation,
    Giver,
    Taken,
    build_event,
    describe_donation,
    given_id,
    labels_of,
    new_given,
    receiver_id,
    to_taken,
)
from services.charity.donors.domain import Donor, require_born_donor
from services.charity.donors.handlers import Vault, add_donor
from services.charity.funds.domain.fund import Fund
from services.charity.linking.guard import get_guard, guard_loads
from services.charity.linking.storage import place_in
from services.charity.linking.waiting_list import serve_waiting_list, waiting_loads
from services.charity.stock.domain import Supply, check_station_area, new_stock
from services.charity.stock.succession import ClosedStation, Succession, require_receiving
from shared.catalogue import Owner, catalogue_with, load_words
from shared.contracts.charity.donations import Donate
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.engine.decide.external_ids import keep_name, name_load
from shared.ledger import Account, Entry, transfer
from shared.people.erasing import Erased
from shared.people.identities import identity_load, identity_of
from shared.people.resolution import survivor_of


def donate(message: Incoming[Donate], vault: Vault, catalogue_owner: Owner) -> Handling:
    """Take a gift into stock or a fund, then serve the waiting list with it. Answers DonationAnswer.

    A donor's id that was merged stands for the surviving one, under which the gift is kept. That of an anonymous gift
    is kept apart.
    Raises Refused: "not_found" for an unknown fund, donor or station, "invalid" for a station in a whole province and
    for a donor who is not born yet, "wrong_state" for a station that has a successor.
    """
    gift = message.data
    yield from load_words(labels_of(gift), catalogue_owner)
    work = yield _receiver_loads(gift, message.actor.area)
    if gift.donor_id is not None:
        work.reach(Donor, gift.donor_id, "donor_id")
    if gift.donor is not None:
        require_born_donor(gift.donor, work.now, within="donor.")
    area = _receiver_area(work, gift)
    taken = to_taken(gift, catalogue_with(work, labels_of(gift), catalogue_owner))
    amounts = taken.amounts
    # The guards in a round of their own, before accounts and waiting list: a need that another replica lets wait at
    # the same moment then conflicts with this gift instead of missing it (see Guard).
    name = name_load(vault, message.actor.principal, "donation", gift.external_id)
    yield [*guard_loads(amounts, area), *name, *_survivor_loads(work, gift)]
    places = [place_in(commodity, area) for commodity in amounts]
    yield [*_account_loads(gift, amounts, area), *waiting_loads(places, work.now)]
    work = yield TURN
    donor_id = None if gift.donor_id is None else survivor_of(work, gift.donor_id)
    if gift.donor is not None:
        donor_id = add_donor(work, gift.donor, area, vault).id
    donation, stock = _take_in(work, gift, taken, donor_id, area)
    keep_name(work, vault, "donation", donation.id, gift.external_id)
    work.emit(build_event(donation, stock), about=donation, area=area)
    yield from serve_waiting_list(work, stock)
    return describe_donation(donation)


def _receiver_loads(gift: Donate, area: str) -> list[Load]:
    loads: list[Load] = []
    if gift.fund_id is not None:
        loads.append(Get(Fund, gift.fund_id, area))
    if gift.station_id is not None:
        loads += [Get(Succession, gift.station_id), Get(ClosedStation, gift.station_id)]
    if gift.donor_id is not None:
        loads += [Get(Donor, gift.donor_id, area), identity_load(gift.donor_id)]
    return loads


def _receiver_area(work: UnitOfWork, gift: Donate) -> str:
    if gift.fund_id is not None:
        return work.reach(Fund, gift.fund_id, "fund_id").area
    area = work.reach_found(gift.station_area, gift.station_area or "", "station", str(gift.station_id), "station_id")
    check_station_area(area)
    require_receiving(work, str(gift.station_id), "station_id")
    return area


def _survivor_loads(work: UnitOfWork, gift: Donate) -> list[Load]:
    return [] if gift.donor_id is None else [Erased(identity_of(work, gift.donor_id).survivor)]


def _account_loads(gift: Donate, amounts: Mapping[str, int], area: str) -> list[Load]:
    loads: list[Load] = []
    for commodity in amounts:
        loads.append(Get(Supply, receiver_id(gift, commodity)))
        loads.append(Get(Account, given_id(area, commodity)))
    return loads


def _take_in(
    work: UnitOfWork, gift: Donate, taken: Taken, donor_id: str | None, area: str
) -> tuple[Donation, tuple[Supply, ...]]:
    donation_id = work.new_id("donation")
    stock: list[Supply] = []
    transfers: list[str] = []
    for commodity, amount in taken.amounts.items():
        given = work.get(Account, given_id(area, commodity)) or new_given(area, commodity)
        entry = Entry(work.new_id("transfer"), work.now, "donation", donation_id)
        moved = transfer(given, _receiver(work, gift, commodity, area), amount, entry)
        work.put(moved.debit)
        stock.append(work.put(moved.credit))
        transfers.append(work.put(moved.transfer).id)
        work.put(get_guard(work, commodity, area))
    if gift.anonymous and donor_id is not None:
        work.put(Giver(id=donation_id, donor_id=donor_id, area=area))
    donation = work.put(
        Donation(
            id=donation_id, donor_id=None if gift.anonymous else donor_id, anonymous=gift.anonymous,
            station_id=gift.station_id, fund_id=gift.fund_id, area=area,
            goods=taken.goods, services=taken.services, amount_fen=gift.amount_fen or 0,
            accounts=tuple(supply.id for supply in stock), transfers=tuple(transfers), received_at=work.now,
        )
    )  # fmt: skip
    return donation, tuple(stock)


def _receiver(work: UnitOfWork, gift: Donate, commodity: str, area: str) -> Supply:
    # A fund's account is made with the fund; a station's stock begins with the first gift of the item.
    account_id = receiver_id(gift, commodity)
    return work.get(Supply, account_id) or new_stock(str(gift.station_id), area, commodity)


HANDLERS: Final[HandlerTable] = {Donate: donate, **correcting.HANDLERS}
