"""Steps of the ledger at a desk: what moves is put, account by account, with its transfer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.charity.domain.accounts import Supply, new_used, used_id, view
from services.charity.domain.linking import Link
from services.charity.domain.rings import Take
from services.charity.storage import Guard, guard_id
from shared.contracts.charity import Source, StockView
from shared.engine import Desk, Get
from shared.ledger import Account, Entry, Moved, Transfer, reserve

Changed = dict[str, Supply]
"""The supply accounts that a step changed, as they stand after it, by id."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a city may decide otherwise.

    `recheck`: how long at most a waiting need stands unnoticed beside supply that nobody saw arrive.
    `recheck_soon`: how soon after it went waiting it is looked at for the first time.
    """

    recheck: timedelta = timedelta(minutes=5)
    recheck_soon: timedelta = timedelta(seconds=2)


def guards(commodities: Iterable[str], area: str) -> list[Get[Any]]:
    """The guards to ask for before looking for supply or waiting needs."""
    return [Get(Guard, guard_id(commodity, area)) for commodity in dict.fromkeys(commodities)]


def guard_of(desk: Desk, commodity: str, area: str) -> Guard:
    """The guard as it is now; put it, so that whoever decides on the same at the same moment decides anew."""
    key = guard_id(commodity, area)
    return desk.get(Guard, key) or Guard(id=key)


def reserve_takes(desk: Desk, link: Link, line_id: str, takes: Iterable[Take], changed: Changed) -> list[Source]:
    """Reserve each of `takes` for the line; notes the accounts in `changed`."""
    sources = []
    for take in takes:
        commodity = take.supply.commodity
        used = desk.get(Account, used_id(link.area, commodity)) or new_used(link.area, commodity)
        entry = Entry(desk.new_id("transfer"), desk.now, "need", link.id)
        moved = reserve(changed.get(take.supply.id, take.supply), used, take.amount, entry)
        changed[moved.debit.id] = desk.put(moved.debit)
        desk.put(moved.credit)
        transfer = desk.put(moved.transfer)
        sources.append(
            Source(
                line_id=line_id,
                account_id=moved.debit.id,
                transfer_id=transfer.id,
                ring=take.ring,
                amount=take.amount,
            )
        )
    return sources


def settlement_loads(link: Link) -> list[Get[Any]]:
    """What `settle` needs."""
    loads: dict[Get[Any], None] = {}
    commodities = {line.line_id: line.commodity for line in link.lines}
    for source in link.sources:
        loads[Get(Transfer, source.transfer_id)] = None
        loads[Get(Supply, source.account_id)] = None
        loads[Get(Account, used_id(link.area, commodities[source.line_id]))] = None
    return list(loads)


def settle(desk: Desk, link: Link, step: Callable[[Supply, Account, Transfer], Moved[Supply, Account]]) -> Changed:
    """Post or void everything that is reserved for the link."""
    changed: Changed = {}
    for source in link.sources:
        transfer = desk.require(Transfer, source.transfer_id, "transfer_id")
        debit = desk.require(Supply, transfer.debit_account, "account_id")
        credit = desk.require(Account, transfer.credit_account, "account_id")
        moved = step(debit, credit, transfer)
        changed[debit.id] = desk.put(moved.debit)
        desk.put(moved.credit)
        desk.put(moved.transfer)
    return changed


def views(changed: Changed) -> tuple[StockView, ...]:
    """The changed accounts, as events show them."""
    return tuple(view(supply) for supply in changed.values())
