"""The comparison of services that several ids of one person did at the same time, after each merge and undoing.

The minutes that are taken back follow from the services and the ids as they stand, so that a comparison may be repeated
and may come in any order: it moves the difference alone. A merge, its undoing and each credit to a merged id start one.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from services.volunteering.dispatch.domain.staffing import Staffing, need_of
from services.volunteering.timebank.crediting import OverlapsDue, compare_soon
from services.volunteering.timebank.domain import minting
from services.volunteering.timebank.domain.overlaps import (
    GIVEN_BACK,
    TAKEN_BACK,
    Presence,
    find_doubles,
    sum_taken_back,
)
from services.volunteering.timebank.policy import TimebankPolicy
from services.volunteering.timebank.storage import EntriesOf
from shared.contracts.volunteering.timebank import HoursCorrected
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.ledger.core import Account, Entry, Transfer, transfer
from shared.people.identities import Identity, identity_load, identity_of

MOST_CORRECTED: Final = 20
"""Services that one step corrects; the next one follows at once."""


class Correction(NamedTuple):
    """A service whose minutes are to be taken back; below zero: given back."""

    service: Transfer
    minutes: int


def compare_services(message: Incoming[OverlapsDue], timebank_policy: TimebankPolicy) -> Handling:
    """Take back the minutes that are credited twice, and give back those that are now credited once."""
    person_id = message.data.person_id
    work = yield from take_turn(partial(_load, person_id))
    query = _entries_of(_identity(work, person_id))
    moved = 0
    for correction in _find_corrections(work, query, timebank_policy):
        if not _correct(work, correction):
            continue  # its minutes are spent: it neither stands in the way of the others nor calls for another step
        moved += 1
        if moved >= MOST_CORRECTED:
            compare_soon(work, person_id)
            return


def _load(person_id: str) -> Loading:
    work = yield [identity_load(person_id)]
    work = yield [identity_load(identity_of(work, person_id).survivor)]
    query = _entries_of(_identity(work, person_id))
    work = yield [query]
    services = _services(work.find(query))
    loads: list[Load] = [Get(Account, one) for s in services for one in (s.debit_account, s.credit_account)]
    yield [*loads, *(Get(Staffing, need_of(service.cause) or "") for service in services)]


def _identity(work: UnitOfWork, person_id: str) -> Identity:
    return identity_of(work, identity_of(work, person_id).survivor)


def _entries_of(identity: Identity) -> EntriesOf:
    return EntriesOf(tuple(map(minting.account_id, identity.ids)))


def _services(entries: Sequence[Transfer]) -> list[Transfer]:
    """Return the credits that stand, in the order of their services' first ones: an adjusted service keeps its place.

    None where one account alone has any, uncorrected.
    """
    credited = sorted((entry for entry in entries if entry.reason in minting.CREDITS), key=lambda one: one.id)
    reversed_ids = {entry.reverses for entry in entries}
    places: dict[str, str] = {}
    for entry in credited:
        places.setdefault(entry.cause, entry.id)
    standing = (entry for entry in credited if entry.id not in reversed_ids)
    services = sorted(standing, key=lambda one: places[one.cause])
    alone = len({service.credit_account for service in services}) < 2
    return [] if alone and not sum_taken_back(entries) else services


def _find_corrections(work: UnitOfWork, query: EntriesOf, policy: TimebankPolicy) -> list[Correction]:
    entries = work.find(query)
    services, taken = _services(entries), sum_taken_back(entries)
    presences = [presence for service in services if (presence := _presence(work, service, policy)) is not None]
    doubles = find_doubles(presences, begun_minutes_count=policy.begun_minutes_count)
    found = [Correction(s, doubles.get(s.cause, 0) - taken.get(s.cause, 0)) for s in services]
    # Where there are more entries than were read, the older ones may cover presence that seems to be credited once.
    whole = len(entries) < EntriesOf.limit
    return [one for one in found if one.minutes > 0 or (one.minutes < 0 and whole)]


def _presence(work: UnitOfWork, service: Transfer, policy: TimebankPolicy) -> Presence | None:
    staffing = work.get(Staffing, need_of(service.cause) or "")
    dispatch = None if staffing is None else staffing.dispatch(service.cause)
    if staffing is None or dispatch is None or dispatch.checked_out_at is None:
        return None
    ends = min(dispatch.checked_out_at, staffing.ends_at + policy.credit_grace)
    return Presence(service.credit_account, service.cause, service.amount, int(ends.timestamp()))


def _correct(work: UnitOfWork, correction: Correction) -> bool:
    """Move the minutes as far as the account has them; return whether it has any."""
    service, minutes = correction
    mint = work.require(Account, service.debit_account, "person_id")
    account = work.require(Account, service.credit_account, "person_id")
    back = min(minutes, account.available) if minutes > 0 else minutes
    if back == 0:
        return False  # spent: the next comparison takes it from the next credit
    entry = Entry(work.new_id("transfer"), work.now, TAKEN_BACK if back > 0 else GIVEN_BACK, service.cause)
    moved = transfer(account, mint, back, entry) if back > 0 else transfer(mint, account, -back, entry)
    stored, _ = (work.put(one) for one in sorted((moved.debit, moved.credit), key=lambda one: one.id != account.id))
    work.put(moved.transfer)
    need_id = need_of(service.cause) or ""
    staffing = work.require(Staffing, need_id, "person_id")
    work.emit(
        HoursCorrected(
            need_id=need_id, dispatch_id=service.cause, volunteer_id=account.holder, area=staffing.area, minutes=-back,
            transfer_id=entry.id, balance_minutes=stored.balance, account_version=stored.version,
        ),
        about=stored,
        area=staffing.area,
    )  # fmt: skip
    return True


HANDLERS: Final[HandlerTable] = {OverlapsDue: compare_services}
