"""The end of a need, which releases or credits its people; and the new request of a reopened or amended need."""

from functools import partial

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.request_changes import asks_the_same, opened_again, with_last_request
from services.volunteering.dispatch.domain.staffing import Ended, Staffing, staffing_for
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.progress import apply_due, load_due
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.timebank.policy import TimebankPolicy
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import ConfirmationUndone, NeedCancelled, NeedConfirmed, NeedSnapshot, NeedUnmet
from shared.contracts.stations.reopening import EndUndone
from shared.engine import TURN, Get, Handling, Incoming, Loading, take_turn


def release_cancelled(
    message: Incoming[NeedCancelled],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
) -> Handling:
    """Close every open dispatch of a cancelled need, free its people and wake the needs that wait for them.

    Service until then is credited: the station has ended it, and not undone it.
    """
    return _end_staffing(message, "cancelled", policy, timebank_policy, matching_policy)


def release_unmet(
    message: Incoming[NeedUnmet],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
) -> Handling:
    """Close every open dispatch of an unmet need, free its people and wake the needs that wait for them.

    Service that took place all the same is credited once the station states the time.
    """
    return _end_staffing(message, "unmet", policy, timebank_policy, matching_policy)


def credit_confirmed(
    message: Incoming[NeedConfirmed],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
) -> Handling:
    """Credit the minutes of everyone who has checked out of a confirmed service, and free everyone else.

    Volunteers who did not check out are credited once the station states the time.
    """
    return _end_staffing(message, "confirmed", policy, timebank_policy, matching_policy)


def follow_request(message: Incoming[EndUndone | ConfirmationUndone | NeedAmended], policy: DispatchPolicy) -> Handling:
    """Give the staffing of a reopened or amended need the need's present request.

    Its recheck, which follows at once, releases volunteers who are too many or cannot come, and searches for missing
    ones. Where somebody has served, an undone confirmation changes nothing: their hours stay.
    """
    fresh = staffing_for(message.data)
    if fresh is None:
        return
    version = message.data.version
    yield [Get(Staffing, fresh.id)]
    work = yield TURN
    known = work.get(Staffing, fresh.id)
    if known is not None and isinstance(message.data, ConfirmationUndone) and known.begun:
        return
    # Where the publication is still on its way, it will find the work done.
    if known is not None and version <= known.need_version:
        return
    if known is not None and asks_the_same(known, fresh) and isinstance(message.data, NeedAmended):
        work.put(known.model_copy(update={"need_version": version, "score": fresh.score}))
        return
    before = fresh.model_copy(update={"state": "released"}) if known is None else opened_again(known, fresh)
    decision = StaffingDecision(before.model_copy(update={"need_version": version}), work.now, policy)
    decision.unfinished = True
    decision.asked_otherwise = isinstance(message.data, NeedAmended)
    if conclude(work, decision) is decision.before:
        work.put(decision.before)  # reopened twice in one instant: nothing to announce, but this one counts


def _end_staffing(
    message: Incoming[NeedSnapshot],
    ended: Ended,
    policy: DispatchPolicy,
    timebank_policy: TimebankPolicy,
    matching_policy: MatchingPolicy,
) -> Handling:
    fresh = staffing_for(message.data)
    if fresh is None:
        return
    end: dict[str, object] = {"ended": ended, "ended_at": message.time, "need_version": message.data.version}
    work = yield from take_turn(partial(_load_ending, fresh, end, matching_policy))
    known = work.get(Staffing, fresh.id)
    if known is None:
        # The end overtook the publication: remember it, so that the publication changes nothing any more.
        state = "credited" if ended == "confirmed" else "released"
        work.put(fresh.model_copy(update={**end, "state": state}))
    elif known.need_version >= message.data.version:
        return
    elif known.ended in (ended, "confirmed"):
        # Credited minutes stay, also where the confirmation is undone.
        work.put(known.model_copy(update={"need_version": message.data.version}))
    else:
        # Also of a need that was reopened meanwhile, the event of which is still on its way here.
        ended_now = with_last_request(known, fresh).model_copy(update=end)
        decision = StaffingDecision(ended_now, work.now, policy)
        apply_due(work, decision, timebank_policy, matching_policy)
        if conclude(work, decision) is decision.before:
            work.put(decision.before)  # nothing to announce, but the end counts for later statements


def _load_ending(fresh: Staffing, end: dict[str, object], matching_policy: MatchingPolicy) -> Loading:
    work = yield [Get(Staffing, fresh.id)]
    known = work.get(Staffing, fresh.id)
    if known is not None:
        yield from load_due(work, with_last_request(known, fresh).model_copy(update=end), matching_policy)
