"""Steps of the ledger at a work: what moves is put, account by account, with its transfer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.near_to_far import Take
from services.charity.stock.domain import Supply, new_used, used_id, view
from services.charity.stock.storage import Guard, guard_id
from shared.contracts.charity.linking import Source
from shared.contracts.charity.stock import StockView
from shared.engine import Get, UnitOfWork
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


def guard_of(work: UnitOfWork, commodity: str, area: str) -> Guard:
    """The guard as it is now; put it, so that whoever decides on the same at the same moment decides anew."""
    key = guard_id(commodity, area)
    return work.get(Guard, key) or Guard(id=key)


def reserve_takes(work: UnitOfWork, link: Link, line_id: str, takes: Iterable[Take], changed: Changed) -> list[Source]:
    """Reserve each of `takes` for the line; notes the accounts in `changed`."""
    sources = []
    for take in takes:
        commodity = take.supply.commodity
        used = work.get(Account, used_id(link.area, commodity)) or new_used(link.area, commodity)
        entry = Entry(work.new_id("transfer"), work.now, "need", link.id)
        moved = reserve(changed.get(take.supply.id, take.supply), used, take.amount, entry)
        changed[moved.debit.id] = work.put(moved.debit)
        work.put(moved.credit)
        transfer = work.put(moved.transfer)
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


def settle(
    work: UnitOfWork, link: Link, step: Callable[[Supply, Account, Transfer], Moved[Supply, Account]]
) -> Changed:
    """Post or void everything that is reserved for the link."""
    changed: Changed = {}
    for source in link.sources:
        transfer = work.require(Transfer, source.transfer_id, "transfer_id")
        debit = work.require(Supply, transfer.debit_account, "account_id")
        credit = work.require(Account, transfer.credit_account, "account_id")
        moved = step(debit, credit, transfer)
        changed[debit.id] = work.put(moved.debit)
        work.put(moved.credit)
        work.put(moved.transfer)
    return changed


def views(changed: Changed) -> tuple[StockView, ...]:
    """The changed accounts, as events show them."""
    return tuple(view(supply) for supply in changed.values())
