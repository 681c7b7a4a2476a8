"""The adjustment of a credited service: reverse its credit, credit the new minutes, and announce both."""

from services.volunteering.timebank.crediting import ConfirmedService, compare_merged, loads_for_credits
from services.volunteering.timebank.domain import minting
from services.volunteering.timebank.domain.adjustments import Credit, adjust, read_credit
from services.volunteering.timebank.storage import EntriesOf
from shared.contracts.volunteering.dispatch import HoursReason
from shared.contracts.volunteering.timebank import HoursAdjusted
from shared.engine import Get, Loading, UnitOfWork
from shared.ledger.core import Account, Entry
from shared.people.identities import all_ids, identity_load, identity_of


def load_credit(work: UnitOfWork, area: str, volunteer_id: str, dispatch_id: str) -> Loading:
    """Load the entries of one service, and the accounts that an adjustment moves between: 4 rounds at most."""
    work = yield loads_for_credits(area, [volunteer_id])
    work = yield [identity_load(identity_of(work, volunteer_id).survivor)]
    query = _entries_of(work, volunteer_id, dispatch_id)
    work = yield [query]
    standing = read_credit(work.find(query)).standing
    if standing is not None:
        yield [Get(Account, standing.debit_account), Get(Account, standing.credit_account)]


def credit_of(work: UnitOfWork, service: ConfirmedService) -> Credit:
    """Return the credit of a service as the ledger has it; `load_credit` comes before."""
    return read_credit(work.find(_entries_of(work, service.volunteer_id, service.dispatch_id)))


def account_of(work: UnitOfWork, service: ConfirmedService, credit: Credit) -> Account:
    """Return the account that holds the minutes of the service, or is to get them."""
    # Ids of one person were merged, not their accounts.
    account_id = minting.account_id(service.volunteer_id) if credit.standing is None else credit.standing.credit_account
    return work.get(Account, account_id) or minting.new_account(service.volunteer_id, service.volunteer_area)


def adjust_service(work: UnitOfWork, service: ConfirmedService, credit: Credit, because: HoursReason) -> int:
    """Credit the minutes of the service in place of the former credit, and emit `HoursAdjusted`; return the shortfall.

    `service.minutes` are the new ones. The caller changes the dispatch in the same unit of work.
    """
    mint = work.get(Account, minting.mint_account_id(service.area)) or minting.new_mint(service.area)
    before = account_of(work, service, credit)
    given, renewed = (Entry(work.new_id("transfer"), work.now, because, service.dispatch_id) for _ in range(2))
    adjusted = adjust(mint, before, credit, service.minutes, (given, renewed))
    work.put(adjusted.mint)
    account = work.put(adjusted.account)
    for made in adjusted.transfers:
        work.put(made)
    work.emit(
        HoursAdjusted(
            need_id=service.need_id,
            dispatch_id=service.dispatch_id,
            volunteer_id=account.holder,
            area=service.area,
            minutes=account.balance - before.balance,
            transfer_id=adjusted.transfers[-1].id,
            balance_minutes=account.balance,
            account_version=account.version,
            reason_code=because,
            service_minutes=service.minutes,
            short_minutes=adjusted.short,
        ),
        about=account,
        area=service.area,
    )
    compare_merged(work, service.volunteer_id)
    return adjusted.short


def _entries_of(work: UnitOfWork, volunteer_id: str, dispatch_id: str) -> EntriesOf:
    return EntriesOf(tuple(map(minting.account_id, all_ids(work, volunteer_id))), dispatch_id)
