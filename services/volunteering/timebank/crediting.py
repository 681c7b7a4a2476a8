"""The crediting of a confirmed service: mint its minutes into the volunteer's account, and announce it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar, NamedTuple

from services.volunteering.timebank.domain import minting
from shared.contracts.messages import Timer
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import Get, Load, UnitOfWork
from shared.ledger.core import Account
from shared.people.identities import identity_load, identity_of


class OverlapsDue(Timer):
    """The services of a person with several ids are to be compared: presence at one time is credited once."""

    type: ClassVar[str] = "volunteering.overlaps_due"
    person_id: str


def compare_soon(work: UnitOfWork, person_id: str) -> None:
    """Compare the services of the person with that id at once, in a step of its own."""
    work.remind(f"overlaps:{person_id}", work.now + timedelta(milliseconds=1), OverlapsDue(person_id=person_id))


class ConfirmedService(NamedTuple):
    """One volunteer's part in a service that the station has confirmed; `area` is the need's."""

    need_id: str
    dispatch_id: str
    volunteer_id: str
    volunteer_area: str
    area: str
    minutes: int


def loads_for_credits(area: str, volunteer_ids: Iterable[str]) -> list[Load]:
    """Return the accounts to load for credits to these volunteers for a service in the area, and their identities."""
    volunteers = list(volunteer_ids)
    ids = [minting.mint_account_id(area), *map(minting.account_id, volunteers)]
    return [*(Get(Account, account) for account in ids), *map(identity_load, volunteers)]


def credit_service(work: UnitOfWork, service: ConfirmedService) -> None:
    """Mint the minutes of a service and emit `HoursCredited`; a service without minutes leaves no trace.

    The caller sees to it that a dispatch is credited once: it changes the dispatch's state in the same unit of work.
    """
    if service.minutes == 0:
        return  # the ledger moves whole amounts above zero only
    area, volunteer_id = service.area, service.volunteer_id
    source = work.get(Account, minting.mint_account_id(area)) or minting.new_mint(area)
    target = work.get(Account, minting.account_id(volunteer_id))
    moved = minting.mint(
        source,
        target or minting.new_account(volunteer_id, service.volunteer_area),
        service.minutes,
        dispatch_id=service.dispatch_id,
        transfer_id=work.new_id("transfer"),
        at=work.now,
    )
    work.put(moved.debit)
    account, transfer = work.put(moved.credit), work.put(moved.transfer)
    work.emit(
        HoursCredited(
            need_id=service.need_id,
            dispatch_id=service.dispatch_id,
            volunteer_id=volunteer_id,
            area=area,
            minutes=service.minutes,
            transfer_id=transfer.id,
            balance_minutes=account.balance,
            account_version=account.version,
        ),
        about=account,
        area=area,
    )
    compare_merged(work, volunteer_id)


def compare_merged(work: UnitOfWork, volunteer_id: str) -> None:
    """Have the services of the volunteer compared where several ids are one person; its identity must be loaded."""
    identity = identity_of(work, volunteer_id)
    if identity.others or not identity.alone:
        compare_soon(work, identity.survivor)
