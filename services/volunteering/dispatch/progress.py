"""What every decision about a staffing shares: what to load for it, what time brings, how it is closed and told."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.volunteering.domain import hours
from services.volunteering.domain.ending import Due, due, left
from services.volunteering.domain.policy import MAX_CHANGES, Policy
from services.volunteering.domain.speaking import snapshot, what_happened
from services.volunteering.domain.staffing import AT_ONCE, Dispatch, Staffing, Step
from services.volunteering.domain.volunteers import Volunteer, done, let_go
from services.volunteering.search import NO_POOLS, Pools, Searching, find_people, wish_of
from services.volunteering.storage import Waiting
from shared.contracts.messages import Timer
from shared.contracts.need_parts import Waiting as WaitingView
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import Entity, Get, Load, UnitOfWork
from shared.ledger.core import Account

PATROL: Final = "patrol"


class StaffingDue(Timer):
    """Look at a staffing: an offer may have expired, a waiting need may find someone now."""

    type: ClassVar[str] = "volunteering.staffing_due"
    need_id: str


class PatrolDue(Timer):
    """Look for staffings whose time has come without a timer of their own."""

    type: ClassVar[str] = "volunteering.patrol_due"


class Patrol(Entity):
    """When the next patrol is due. It lets the hot path do without a timer for every dispatch."""

    collection: ClassVar[str] = "patrols"

    next_at: datetime


def loads_for(staffing: Staffing, now: datetime, policy: Policy) -> list[Load]:
    """What `advance` will need of the store for this staffing as it stands."""
    changes = due(staffing, now, policy)
    loads: list[Load] = [Get(Volunteer, change.row.volunteer_id) for change in changes]
    credited = [change.row for change in changes if change.state == "credited"]
    if credited:
        loads.append(Get(Account, hours.mint_account_id(staffing.area)))
        loads += [Get(Account, hours.account_id(row.volunteer_id)) for row in credited]
    if any(change.row.state == "accepted" for change in changes):
        loads.append(Waiting(staffing.area[:4]))
    return loads


def advance(work: UnitOfWork, step: Step, policy: Policy, pools: Pools = NO_POOLS) -> Searching:
    """Do what time or the need's end demands, then look for people where some are missing."""
    staffing = step.before
    changes = due(staffing, step.now, policy)
    for change in changes:
        _apply(work, step, change, policy)
    step.more = len(changes) == MAX_CHANGES
    freed = [change.row.volunteer_id for change in changes if change.row.state == "accepted"]
    if freed:
        nudge(work, staffing.area, freed, but=staffing.id)
    if not step.more and step.missing > 0:
        work = yield from look_for_people(work, step, policy, pools)
    return work


def look_for_people(work: UnitOfWork, step: Step, policy: Policy, pools: Pools = NO_POOLS) -> Searching:
    """Search again, or say why that makes no sense any more."""
    staffing = step.before
    if staffing.can_search(step.now):
        work = yield from find_people(work, step, wish_of(staffing, policy), pools, policy)
        return (yield from withdraw_offers(work, step))
    if not staffing.ended:
        step.facts["waiting"] = (
            WaitingView(
                for_what="volunteers",
                reason="The time slot is over, or too many people have been asked in vain.",
                next_step="The station cancels the need, or publishes a new one with a later slot.",
            ),
        )
    return work


def withdraw_offers(work: UnitOfWork, step: Step) -> Searching:
    """Take back the open offers once nobody is missing any more: the first who accepted came first."""
    if step.missing > 0 or not step.count("offered"):
        return work
    rows = [row for row in step.rows if row.state == "offered"]
    work = yield volunteers_of(rows)
    for row in rows:
        step.change(row, state="cancelled")
        work.put(let_go(work.require(Volunteer, row.volunteer_id, "volunteer_id"), row.id))
    return work


def _apply(work: UnitOfWork, step: Step, change: Due, policy: Policy) -> None:
    row = change.row
    volunteer = work.require(Volunteer, row.volunteer_id, "volunteer_id")
    if change.state == "credited":
        _credit(work, step, row)
    elif change.state == "checked_out":
        step.change(row, state="checked_out", **left(step.before, row, policy))
        work.put(done(volunteer, row.id))
    else:
        step.change(row, state=change.state)
        work.put(let_go(volunteer, row.id, missed=change.missed))


def _credit(work: UnitOfWork, step: Step, row: Dispatch) -> None:
    step.change(row, state="credited")
    if row.minutes == 0:
        return
    area, volunteer_id = step.before.area, row.volunteer_id
    source = work.get(Account, hours.mint_account_id(area)) or hours.new_mint(area)
    volunteer = work.require(Volunteer, volunteer_id, "volunteer_id")
    target = work.get(Account, hours.account_id(volunteer_id)) or hours.new_account(volunteer_id, volunteer.area)
    moved = hours.mint(source, target, row, work.new_id("transfer"), step.now)
    work.put(moved.debit)
    account, transfer = work.put(moved.credit), work.put(moved.transfer)
    work.emit(
        HoursCredited(
            need_id=step.before.id,
            dispatch_id=row.id,
            volunteer_id=volunteer_id,
            area=area,
            minutes=row.minutes,
            transfer_id=transfer.id,
            balance_minutes=account.balance,
            account_version=account.version,
        ),
        about=account,
        area=area,
    )


def finish(work: UnitOfWork, step: Step) -> Staffing:
    """Close the decision: store it, tell it with one event, set the next look."""
    before, after = step.before, step.close()
    happened = what_happened(step, after)
    if happened is None and before.version and after == before:
        return before
    after = work.put(after)
    # Waiting and offers are looked at to the second; all else can wait for the patrol.
    if after.watch_at is not None and (after.waiting_in or after.offered or step.more):
        work.remind(_key(after.id), after.watch_at, StaffingDue(need_id=after.id))
    if happened is not None:
        work.emit(snapshot(happened, after, step.changed.values()), about=after, area=after.area)
    return after


def nudge(work: UnitOfWork, area: str, freed: Iterable[str], *, but: str = "") -> None:
    """Have the waiting staffings of the city looked at that one of the freed volunteers suits, best score first.

    Two replicas may let someone go and put a need on the waiting list at once without seeing each other: the
    waiting need's own periodic recheck (`Policy.recheck`) cures that.
    """
    free = [set(v.tags) for i in freed if (v := work.get(Volunteer, i)) is not None]
    waiting = [s for s in work.find(Waiting(area[:4])) if s.id != but]
    suited = [s for s in waiting if any(tags.issuperset(s.tags) for tags in free)]
    for nth, staffing in enumerate(suited):
        look_now(work, staffing.id, nth)


def look_now(work: UnitOfWork, need_id: str, nth: int = 0) -> None:
    """Have a staffing looked at as soon as possible, `nth` after the others."""
    work.remind(_key(need_id), work.now + (nth + 1) * AT_ONCE, StaffingDue(need_id=need_id))


def keep_patrolling(work: UnitOfWork, policy: Policy) -> None:
    """Start the patrol where there is none, or where it has been missing for two rounds."""
    patrol = work.get(Patrol, PATROL)
    if patrol is None or patrol.next_at < work.now - 2 * policy.recheck:
        patrol_again(work, policy.recheck)


def patrol_again(work: UnitOfWork, after: timedelta) -> None:
    """Set the next patrol."""
    next_at = work.now + after
    patrol = work.get(Patrol, PATROL) or Patrol(id=PATROL, next_at=next_at)
    work.put(patrol.model_copy(update={"next_at": next_at}))
    work.remind(PATROL, next_at, PatrolDue())


def _key(need_id: str) -> str:
    return f"staffing:{need_id}"


def volunteers_of(rows: Sequence[Dispatch]) -> list[Load]:
    """The volunteers of these dispatches."""
    return [Get(Volunteer, row.volunteer_id) for row in rows]
