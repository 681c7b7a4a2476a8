"""The command that corrects a gift, and the timer that takes back the amounts that were not free at once."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from services.charity.donations.correction import Restated, corrected, require_correctable, restate
from services.charity.donations.domain import (
    Donation,
    amounts_of,
    build_correction,
    describe_donation,
    given_id,
    labels_of,
    new_given,
    to_taken,
)
from services.charity.donations.heirs import fetch_back, load_heir_stock, send_on
from services.charity.linking.guard import get_guard, guard_loads
from services.charity.linking.storage import place_in
from services.charity.linking.waiting_list import serve_waiting_list, waiting_loads
from services.charity.shortfalls.domain import CorrectionShort, Shortfall, owed_for, part_of, shortfall_id
from services.charity.shortfalls.recording import record_shortfall, try_again
from services.charity.stock.domain import Supply, describe_supply
from shared.catalogue import Owner, catalogue_with, load_words
from shared.contracts.access import Reference
from shared.contracts.charity.donations import CorrectDonation
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import Blinder, refer, reference_load
from shared.engine.plain import check_version
from shared.ledger import Account, Entry, Transfer


def correct_donation(message: Incoming[CorrectDonation], vault: Blinder, catalogue_owner: Owner) -> Handling:
    """State a gift again: reverse its booking, book the right amounts. Answers DonationAnswer.

    An amount that is spent or promised is not taken back but named as a shortfall. An addition serves the waiting list.
    The same statement again takes back the amounts that have become free, or changes nothing. Raises Refused:
    "not_found" for an unknown gift, "version_mismatch", and those of `require_correctable` and `to_taken`.
    """
    asked = message.data
    yield from load_words(labels_of(asked), catalogue_owner)
    work = yield from take_turn(partial(_load_correction, message))
    before = work.reach(Donation, asked.donation_id, "donation_id")
    check_version(before, "donation", asked.expected_version)
    taken = to_taken(asked, catalogue_with(work, labels_of(asked), catalogue_owner))
    require_correctable(before, asked, taken)
    after = corrected(before, asked, taken)
    wanted = {commodity: taken.amounts.get(commodity, 0) for commodity in amounts_of(before)}
    moved = {nth: _restate(work, after, nth, amount) for nth, amount in enumerate(wanted.values())}
    if wanted == amounts_of(before) and not any(restated.transfers for restated in moved.values()):
        return describe_donation(before)
    stored, supplies = _store(work, after, moved, corrected_by=refer(work, vault))
    if more := [supplies[nth] for nth, restated in moved.items() if restated.more]:
        for supply in more:
            work.put(get_guard(work, supply.commodity, stored.area))
        yield from serve_waiting_list(work, more)
    return describe_donation(stored)


def _load_correction(message: Incoming[CorrectDonation]) -> Loading:
    donation_id = message.data.donation_id
    work = yield [Get(Donation, donation_id, message.actor.area), reference_load(message.actor)]
    donation = work.get(Donation, donation_id)
    if donation is not None:
        commodities = list(amounts_of(donation))
        # A round before supply and waiting list: a correction upwards is supply that arrives (see Guard).
        yield guard_loads(commodities, donation.area)
        yield from load_heir_stock(donation.station_id, commodities)
        places = [place_in(commodity, donation.area) for commodity in commodities]
        yield [*_account_loads(donation, range(len(commodities))), *waiting_loads(places, work.now)]


def make_up_correction(message: Incoming[CorrectionShort]) -> Handling:
    """Take back the free part of the amount that a correction still owes; schedule another try for the rest."""
    shortfall_key = message.data.id
    work = yield from take_turn(partial(_load_shortfall, shortfall_key))
    shortfall = work.get(Shortfall, shortfall_key)
    if shortfall is None or shortfall.state != "open" or shortfall.donation_id is None:
        return
    donation = work.require(Donation, shortfall.donation_id, "donation_id")
    nth = part_of(shortfall)
    restated = _restate(work, donation, nth, amounts_of(donation)[shortfall.commodity])
    if restated.transfers:
        _store(work, donation, {nth: restated})
    else:
        try_again(work, shortfall)


def _load_shortfall(shortfall_key: str) -> Loading:
    work = yield [Get(Shortfall, shortfall_key)]
    shortfall = work.get(Shortfall, shortfall_key)
    if shortfall is not None and shortfall.donation_id is not None:
        work = yield [Get(Donation, shortfall.donation_id)]
        donation = work.require(Donation, shortfall.donation_id, "donation_id")
        yield from load_heir_stock(donation.station_id, [shortfall.commodity])
        yield _account_loads(donation, [part_of(shortfall)])


def _account_loads(donation: Donation, parts: Iterable[int]) -> list[Load]:
    commodities, loads = list(amounts_of(donation)), list[Load]()
    for nth in parts:
        loads += [Get(Supply, donation.accounts[nth]), Get(Account, given_id(donation.area, commodities[nth]))]
        loads.append(Get(Shortfall, shortfall_id(donation.id, nth)))
        if standing := donation.transfers[nth]:
            loads.append(Get(Transfer, standing))
    return loads


def _restate(work: UnitOfWork, donation: Donation, nth: int, amount: int) -> Restated:
    supply = work.require(Supply, donation.accounts[nth], "account_id")
    standing = work.require(Transfer, donation.transfers[nth], "transfer_id") if donation.transfers[nth] else None
    booked = 0 if standing is None else standing.amount
    supply = fetch_back(work, supply, donation.station_id, booked - amount, donation.id)
    account_id = given_id(donation.area, supply.commodity)
    given = work.get(Account, account_id) or new_given(donation.area, supply.commodity)
    entry = Entry(work.new_id("transfer"), work.now, str(donation.corrected_for), donation.id)
    return restate(given, supply, standing, amount, entry)


def _store(
    work: UnitOfWork, donation: Donation, moved: Mapping[int, Restated], corrected_by: Reference | None = None
) -> tuple[Donation, dict[int, Supply]]:
    """Put accounts, transfers and shortfalls; announce the gift. Returns it with the supply by part of the gift."""
    transfers, supplies = list(donation.transfers), dict[int, Supply]()
    for nth, restated in moved.items():
        if restated.transfers:
            work.put(restated.given)
            for made in restated.transfers:
                work.put(made)
            transfers[nth] = "" if restated.standing is None else restated.standing.id
            supplies[nth] = work.put(restated.supply)
        record_shortfall(work, _owed(work, donation, nth, restated))
    send_on(work, donation.station_id)
    stored = work.put(donation.model_copy(update={"transfers": tuple(transfers)}))
    stock = tuple(describe_supply(supply) for supply in supplies.values())
    work.emit(build_correction(stored, stock, corrected_by), about=stored, area=stored.area)
    return stored, supplies


def _owed(work: UnitOfWork, donation: Donation, nth: int, restated: Restated) -> Shortfall:
    return owed_for(
        (donation.id, nth), donation.area, restated.supply.commodity, restated.short, work.now,
        kind="correction", donation_id=donation.id, station_id=donation.station_id, fund_id=donation.fund_id,
    )  # fmt: skip


HANDLERS: Final[HandlerTable] = {CorrectDonation: correct_donation, CorrectionShort: make_up_correction}
