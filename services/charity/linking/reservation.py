"""Reservations: pending transfers from supply accounts to the account that a need receives into."""

from collections.abc import Iterable
from typing import NamedTuple

from services.charity.linking.announcement import ChangedSupply
from services.charity.linking.domain.link import Delivered, Link
from services.charity.linking.domain.near_to_far import Take
from services.charity.stock.accounts import new_used, used_id
from services.charity.stock.domain import Supply
from shared.contracts.charity.linking import Source
from shared.engine import Get, Load, UnitOfWork
from shared.ledger import Account, Entry, Moved, Transfer, post, reserve, transfer, void


class Settled(NamedTuple):
    """The outcome of a delivery.

    `sources` is where the delivered amounts came from; `changed` holds the supply accounts as they stand afterwards,
    `freed` those of them that something was given back to.
    """

    sources: tuple[Source, ...]
    changed: ChangedSupply
    freed: ChangedSupply


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
        moved = put_moved(work, reserve(changed.get(take.supply.id, take.supply), used, take.amount, entry))
        changed[moved.debit.id] = moved.debit
        sources.append(
            Source(
                line_id=line_id,
                account_id=moved.debit.id,
                transfer_id=moved.transfer.id,
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


def void_reservations(work: UnitOfWork, link: Link, sources: Iterable[Source] | None = None) -> ChangedSupply:
    """Void every reservation of the link, or those given. Returns the supply accounts as they stand afterwards."""
    changed: ChangedSupply = {}
    for source in link.sources if sources is None else sources:
        moved = put_moved(work, void(*parties(work, source)))
        changed[moved.debit.id] = moved.debit
    return changed


def settle_reservations(work: UnitOfWork, link: Link, delivered: Iterable[Delivered]) -> Settled:
    """Post the amount that each source has delivered, and void the rest of it.

    A transfer is never edited: a reservation that is needed in part is voided as a whole, and the part moves by a
    transfer of its own.
    """
    sources: list[Source] = []
    changed: ChangedSupply = {}
    touched: dict[str, None] = {}
    for source, amount in delivered:
        kept, debit = _settle(work, link, source, amount)
        changed[debit.id] = debit
        if amount < source.amount:
            touched[debit.id] = None
        if kept is not None:
            sources.append(kept)
    return Settled(tuple(sources), changed, {account_id: changed[account_id] for account_id in touched})


def _settle(work: UnitOfWork, link: Link, source: Source, amount: int) -> tuple[Source | None, Supply]:
    """Post this amount of the reservation. Returns its source, None for an amount of 0, and the supply account."""
    debit, credit, reserved = parties(work, source)
    if amount == source.amount:
        return source, put_moved(work, post(debit, credit, reserved)).debit
    voided = put_moved(work, void(debit, credit, reserved))
    if not amount:
        return None, voided.debit
    entry = Entry(work.new_id("transfer"), work.now, "need", link.id)
    part = put_moved(work, transfer(voided.debit, voided.credit, amount, entry))
    return source.model_copy(update={"transfer_id": part.transfer.id, "amount": amount}), part.debit


def parties(work: UnitOfWork, source: Source) -> tuple[Supply, Account, Transfer]:
    """Return the two accounts of a source and its transfer, `reservation_loads` being loaded."""
    reserved = work.require(Transfer, source.transfer_id, "transfer_id")
    debit = work.require(Supply, reserved.debit_account, "account_id")
    return debit, work.require(Account, reserved.credit_account, "account_id"), reserved


def put_moved(work: UnitOfWork, moved: Moved[Supply, Account]) -> Moved[Supply, Account]:
    """Put both accounts and the transfer. Returns them as they are stored."""
    return Moved(work.put(moved.debit), work.put(moved.credit), work.put(moved.transfer))
