"""What a volunteer does with a dispatch: accept, decline or withdraw, check in, check out."""

from collections.abc import Callable

from services.volunteering.domain.hours import minutes_served
from services.volunteering.domain.policy import Policy
from services.volunteering.domain.speaking import as_read
from services.volunteering.domain.staffing import Dispatch, Staffing, Step, need_of
from services.volunteering.domain.volunteers import LATE, Volunteer, begun, booked, done, let_go
from services.volunteering.search import Searching
from services.volunteering.settle import finish, look_for_people, nudge, volunteers_of, withdraw_offers
from services.volunteering.storage import Waiting
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer
from shared.engine import TURN, Get, Handlers, Handling, Incoming, Load, UnitOfWork

Action = Callable[[UnitOfWork, Step, Dispatch, Policy], Searching]
Command = AcceptOffer | DeclineOffer | CheckIn | CheckOut


def register(handlers: Handlers, policy: Policy) -> None:
    """Answer the four commands about a dispatch."""
    for kind, action in (
        (AcceptOffer, _accept),
        (DeclineOffer, _decline),
        (CheckIn, _check_in),
        (CheckOut, _check_out),
    ):
        handlers.on(kind)(_answering(action, policy))


def _answering(action: Action, policy: Policy) -> Callable[[Incoming[Command]], Handling]:
    def answer(message: Incoming[Command]) -> Handling:
        asked = message.data
        need_id = need_of(asked.dispatch_id) or ""
        work = yield [Get(Staffing, need_id)]
        known = work.get(Staffing, need_id)
        work = yield _loads(known, asked)
        work = yield TURN
        staffing, row = _find(work, need_id, asked)
        work = yield _loads(staffing, asked)  # asks only for what the batch has changed meanwhile
        step = Step(staffing, work.now, policy)
        work = yield from action(work, step, row, policy)
        after = finish(work, step)
        return as_read(after, after.row(row.id) or row)

    return answer


def _loads(staffing: Staffing | None, asked: Command) -> list[Load]:
    row = None if staffing is None else staffing.row(asked.dispatch_id)
    if staffing is None or row is None:
        return []
    loads = volunteers_of([row])
    if isinstance(asked, AcceptOffer) and staffing.missing == 1:
        loads += volunteers_of([other for other in staffing.dispatches if other.state == "offered"])
    if isinstance(asked, DeclineOffer):
        loads.append(Waiting(staffing.area[:4]))
    return loads


def _find(work: UnitOfWork, need_id: str, asked: Command) -> tuple[Staffing, Dispatch]:
    staffing = work.get(Staffing, need_id)
    row = None if staffing is None else staffing.row(asked.dispatch_id)
    if staffing is None or row is None:
        raise Refused(
            "not_found",
            f"There is no dispatch {asked.dispatch_id}: check the id.",
            field="dispatch_id",
            rule="known dispatch",
        )
    if asked.expected_version not in (None, row.version):
        raise Refused(
            "version_mismatch",
            f"The dispatch is at version {row.version}, not {asked.expected_version}: read it again, then decide.",
            field="If-Match",
            rule="current version",
        )
    return staffing, row


def _accept(work: UnitOfWork, step: Step, row: Dispatch, _: Policy) -> Searching:
    _must_be(row, "offered", "accepted")
    if row.expires_at is not None and row.expires_at <= step.now:
        raise _wrong("This offer has expired: wait for the next one.", "offers are accepted before they expire")
    if step.missing <= 0:
        raise _wrong("Enough people have accepted already: nothing is left to do.", "first come, first served")
    volunteer = work.require(Volunteer, row.volunteer_id, "dispatch_id")
    work.put(booked(volunteer, step.before.hold(row.id), step.now))
    step.change(row, state="accepted", expires_at=None)
    return (yield from withdraw_offers(work, step))


def _decline(work: UnitOfWork, step: Step, row: Dispatch, policy: Policy) -> Searching:
    if row.state not in ("offered", "accepted"):
        raise _wrong(
            f"A dispatch in state {row.state} cannot be declined; only an offer, or a promise before check-in.",
            "state offered or accepted",
        )
    promised = row.state == "accepted"
    late = promised and step.now > step.before.starts_at - LATE
    volunteer = work.require(Volunteer, row.volunteer_id, "dispatch_id")
    work.put(let_go(volunteer, row.id, missed=late))
    step.change(row, state="declined", expires_at=None)
    if promised:
        nudge(work, step.before.area, [row.volunteer_id], but=step.before.id)
    return (yield from look_for_people(work, step, policy))


def _check_in(work: UnitOfWork, step: Step, row: Dispatch, policy: Policy) -> Searching:
    _must_be(row, "accepted", "checked in")
    staffing = step.before
    earliest = staffing.starts_at - policy.check_in_early
    if not earliest <= step.now < staffing.ends_at:
        raise _wrong(
            f"Check-in is open from {earliest.isoformat()} until {staffing.ends_at.isoformat()}: come back then.",
            "check-in around the slot",
        )
    work.put(begun(work.require(Volunteer, row.volunteer_id, "dispatch_id"), row.id))
    step.change(row, state="checked_in", checked_in_at=step.now)
    yield []
    return work


def _check_out(work: UnitOfWork, step: Step, row: Dispatch, policy: Policy) -> Searching:
    _must_be(row, "checked_in", "checked out")
    came = row.checked_in_at or step.now
    minutes = minutes_served(came, step.now, policy)
    work.put(done(work.require(Volunteer, row.volunteer_id, "dispatch_id"), row.id))
    step.change(row, state="checked_out", checked_out_at=step.now, minutes=minutes)
    yield []
    return work


def _must_be(row: Dispatch, state: str, what: str) -> None:
    if row.state != state:
        raise _wrong(f"A dispatch in state {row.state} cannot be {what}; only in state {state}.", f"state {state}")


def _wrong(detail: str, rule: str) -> Refused:
    return Refused("wrong_state", detail, field="dispatch_id", rule=rule)
