"""Reservations: pending transfers from supply accounts to the account that a need receives into."""

from collections.abc import Callable, Iterable

from services.charity.linking.announcement import ChangedSupply
from services.charity.linking.domain.accounts import new_used, used_id
from services.charity.linking.domain.link import Link
from services.charity.linking.domain.near_to_far import Take
from services.charity.stock.domain import Supply
from shared.contracts.charity.linking import Source
from shared.engine import Get, Load, UnitOfWork
from shared.ledger import Account, Entry, Moved, Transfer, reserve

CloseTransfer = Callable[[Supply, Account, Transfer], Moved[Supply, Account]]
"""`post` or `void` of the ledger."""


def reserve_takes(
    work: UnitOfWork, link: Link, line_id: str, takes: Iterable[Take], changed: ChangedSupply
) -> list[Source]:
    """Reserve each of `takes` for the line; adds the accounts as they stand now to `changed`."""
    sources = []
    for take in takes:
        commodity = take.supply.commodity
        used = work.get(Account, used_id(link.area, commodity)) or new_used(link.area, commodity)
        entry = Entry(work.new_id("transfer"), work.now, "need", link.id)
        # An earlier line of the need may have drawn on the same account in this step.
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


def reservation_loads(link: Link, sources: Iterable[Source] | None = None) -> list[Load]:
    """Return the loads of the link's reservations, or of those given: the transfers with their accounts, each once."""
    loads: dict[Load, None] = {}
    commodities = {line.line_id: line.commodity for line in link.lines}
    for source in link.sources if sources is None else sources:
        loads[Get(Transfer, source.transfer_id)] = None
        loads[Get(Supply, source.account_id)] = None
        loads[Get(Account, used_id(link.area, commodities[source.line_id]))] = None
    return list(loads)


def close_reservations(
    work: UnitOfWork, link: Link, close: CloseTransfer, sources: Iterable[Source] | None = None
) -> ChangedSupply:
    """Post or void every reservation of the link, or those given. Returns the supply accounts as they then stand."""
    changed: ChangedSupply = {}
    for source in link.sources if sources is None else sources:
        transfer = work.require(Transfer, source.transfer_id, "transfer_id")
        debit = work.require(Supply, transfer.debit_account, "account_id")
        credit = work.require(Account, transfer.credit_account, "account_id")
        moved = close(debit, credit, transfer)
        changed[debit.id] = work.put(moved.debit)
        work.put(moved.credit)
        work.put(moved.transfer)
    return changed
