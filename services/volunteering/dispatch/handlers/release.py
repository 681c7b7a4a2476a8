"""The end of a need: release its people where it is cancelled or unmet, credit them where the service is confirmed."""

from functools import partial
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Ended, Staffing, staffing_for
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.progress import apply_due, load_due
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.timebank.policy import TimebankPolicy
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedSnapshot, NeedUnmet
from shared.engine import Get, Handling, Incoming, Loading, take_turn


def release_cancelled(
    message: Incoming[NeedCancelled],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
) -> Handling:
    """Close every open dispatch of a cancelled need, free its people and wake the needs that wait for them."""
    return _end_staffing(message.data, "cancelled", policy, timebank_policy, matching_policy.city_zone)


def release_unmet(
    message: Incoming[NeedUnmet],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
) -> Handling:
    """Close every open dispatch of an unmet need, free its people and wake the needs that wait for them."""
    return _end_staffing(message.data, "unmet", policy, timebank_policy, matching_policy.city_zone)


def credit_confirmed(
    message: Incoming[NeedConfirmed],
    policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    timebank_policy: TimebankPolicy,
) -> Handling:
    """Credit the minutes of everyone who has checked out of a confirmed service, and free everyone else."""
    return _end_staffing(message.data, "confirmed", policy, timebank_policy, matching_policy.city_zone)


def _end_staffing(
    need: NeedSnapshot, ended: Ended, policy: DispatchPolicy, timebank_policy: TimebankPolicy, zone: ZoneInfo
) -> Handling:
    fresh = staffing_for(need)
    if fresh is None:
        return
    work = yield from take_turn(partial(_load_ending, fresh.id, ended, zone))
    known = work.get(Staffing, fresh.id)
    if known is None:
        # The end overtook the publication: remember it, so that the publication changes nothing any more.
        state = "credited" if ended == "confirmed" else "released"
        work.put(fresh.model_copy(update={"ended": ended, "state": state}))
    elif not known.ended:
        decision = StaffingDecision(known.model_copy(update={"ended": ended}), work.now, policy)
        apply_due(work, decision, timebank_policy, zone)
        conclude(work, decision)


def _load_ending(need_id: str, ended: Ended, zone: ZoneInfo) -> Loading:
    work = yield [Get(Staffing, need_id)]
    known = work.get(Staffing, need_id)
    if known is not None:
        yield from load_due(work, known.model_copy(update={"ended": ended}), zone)
