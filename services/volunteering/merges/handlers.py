"""The commands that merge two volunteers and part them again, each one decision over all that it touches."""

from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.domain.freed import FreedVolunteer, freed_from
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.waiting_list import waiting_loads, wake_waiting
from services.volunteering.matching.domain.volunteers import Volunteer, released
from services.volunteering.matching.kept_tags import VolunteerMerge
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.merges.domain import (
    describe_merge,
    find_returns,
    given_back,
    merged_away,
    needs_of,
    overlapping,
    plan_changes,
    require_at_rest,
    require_not_erased,
    taken_over,
)
from services.volunteering.merges.staffings import change_staffings
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.merges import (
    MergedDispatch,
    MergeVolunteers,
    UnmergeVolunteers,
    VolunteersMerged,
    VolunteersUnmerged,
)
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import Blinder, refer, reference_load
from shared.people.identities import (
    Identity,
    identity_load,
    identity_of,
    join,
    part,
    require_mergeable,
    require_unmergeable,
    require_version,
    states_of,
)


def merge_volunteers(message: Incoming[MergeVolunteers], vault: Blinder, dispatch_policy: DispatchPolicy) -> Handling:
    """Have one id stand for the other, which takes over promises and record of service. Answers VolunteerMergeAnswer.

    Raises Refused("not_found") for an id that the actor does not reach, Refused("version_mismatch"), and
    Refused("wrong_state") as `require_mergeable`, `require_at_rest` and `taken_over` do.
    """
    asked = message.data
    work = yield from take_turn(partial(_load_merge, message))
    merged = work.reach(Volunteer, asked.volunteer_id, "volunteer_id")
    into = work.reach(Volunteer, asked.into_id, "into_id")
    old, new = identity_of(work, merged.id), identity_of(work, into.id)
    require_mergeable(old, new, "volunteer_id")
    require_version(old, "volunteer", asked.expected_version, "If-Match")
    require_version(new, "volunteer", asked.expected_into_version, "expected_into_version")
    require_not_erased(merged, into)
    require_at_rest(merged, into)
    changes = plan_changes(merged, into, partial(work.get, Staffing))
    merged, into = (_release(volunteer, changes, work.now) for volunteer in (merged, into))
    merge = VolunteerMerge(
        id=work.new_id("merge"), area=into.area, merged_id=merged.id, survivor_id=into.id, reason=asked.reason_code,
        merged_at=work.now, merged_by=refer(work, vault), tags=merged.tags,
        moved=tuple(hold.dispatch_id for hold in (*merged.bookings, *merged.offers)), dispatches=changes,
    )  # fmt: skip
    work.put(taken_over(into, merged, work.now))
    work.put(merged_away(merged))
    change_staffings(work, changes, into.id, dispatch_policy)
    return _announce(work, merge, VolunteersMerged, join(work, old, new, merge.id))


def unmerge_volunteers(
    message: Incoming[UnmergeVolunteers],
    dispatch_policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    vault: Blinder,
) -> Handling:
    """Part two merged ids: each has again what was its own, and what happened since stays with the survivor.

    Answers VolunteerMergeAnswer. Raises Refused("not_found") for an id that the actor does not reach,
    Refused("version_mismatch"), and Refused("wrong_state") for an id that stands for itself, for a merge that another
    has followed, for an id whose data was erased, and while the survivor is checked in. The survivor may be erased.
    """
    asked = message.data
    work = yield from take_turn(partial(_load_unmerge, message, matching_policy))
    merged = work.reach(Volunteer, asked.volunteer_id, "volunteer_id")
    old = identity_of(work, merged.id)
    merge = work.get(VolunteerMerge, old.merge) if old.merge else None
    require_unmergeable(old, "" if merge is None else merge.survivor_id, "volunteer_id")
    require_version(old, "volunteer", asked.expected_version, "If-Match")
    if merge is None:
        raise Refused("wrong_state", "not_merged", field="volunteer_id", id=merged.id)
    survivor = work.reach(Volunteer, merge.survivor_id, "volunteer_id")
    require_not_erased(merged)  # an erased survivor gives back slots and counts alone, and gets nothing
    require_at_rest(survivor)
    holds, open_ones = find_returns(merge, survivor, partial(work.get, Staffing))
    freed = _freed(work, merge, (survivor, merged), holds, matching_policy.city_zone)
    for volunteer in given_back(survivor, merged, merge.tags, holds):
        work.put(volunteer)
    changes = tuple(MergedDispatch(dispatch_id=one, outcome="returned") for one in sorted(open_ones))
    change_staffings(work, changes, merged.id, dispatch_policy)
    undone = merge.model_copy(
        update={
            "state": "unmerged",
            "unmerged_because": asked.reason_code,
            "unmerged_at": work.now,
            "unmerged_by": refer(work, vault),
            "dispatches": (*merge.dispatches, *changes),
        }
    )
    answer = _announce(work, undone, VolunteersUnmerged, part(work, old, identity_of(work, survivor.id)))
    wake_waiting(work, freed)
    return answer


def _load_merge(message: Incoming[MergeVolunteers]) -> Loading:
    asked, area = message.data, message.actor.area
    ids = (asked.volunteer_id, asked.into_id)
    work = yield [*(Get(Volunteer, i, area) for i in ids), *map(identity_load, ids), reference_load(message.actor)]
    merged, into = (work.get(Volunteer, i) for i in ids)
    if merged is None or into is None:
        return
    holds = [*merged.bookings, *merged.offers, *overlapping(into.bookings, merged.bookings)]
    others = identity_of(work, merged.id).others
    yield [*(Get(Staffing, need) for need in needs_of(holds)), *map(identity_load, others)]


def _load_unmerge(message: Incoming[UnmergeVolunteers], policy: MatchingPolicy) -> Loading:
    volunteer_id, area = message.data.volunteer_id, message.actor.area
    work = yield [Get(Volunteer, volunteer_id, area), identity_load(volunteer_id), reference_load(message.actor)]
    merged, old = work.get(Volunteer, volunteer_id), identity_of(work, volunteer_id)
    if merged is None or not old.merge:
        return
    work = yield [Get(VolunteerMerge, old.merge), *map(identity_load, old.others)]
    merge = work.get(VolunteerMerge, old.merge)
    if merge is None:
        return
    work = yield [Get(Volunteer, merge.survivor_id, area), identity_load(merge.survivor_id)]
    survivor, moved = work.get(Volunteer, merge.survivor_id), set(merge.moved)
    if survivor is None:
        return
    kept = [hold for hold in (*survivor.bookings, *survivor.offers) if hold.dispatch_id in moved]
    work = yield [Get(Staffing, need) for need in needs_of(kept)]
    holds, _ = find_returns(merge, survivor, partial(work.get, Staffing))
    yield waiting_loads(_freed(work, merge, (survivor, merged), holds, policy.city_zone))


def _freed(
    work: UnitOfWork, merge: VolunteerMerge, pair: tuple[Volunteer, Volunteer], holds: set[str], zone: ZoneInfo
) -> list[FreedVolunteer]:
    """Return both as volunteers whom waiting needs may ask: the one again, the other for the times given back."""
    both = given_back(*pair, merge.tags, holds)
    return [freed_from(volunteer, zone, work.now) for volunteer in both]


def _release(volunteer: Volunteer, changes: tuple[MergedDispatch, ...], now: datetime) -> Volunteer:
    """Return the volunteer without the slots of promises and offers that are taken back."""
    own = {hold.dispatch_id for hold in (*volunteer.bookings, *volunteer.offers)}
    for change in changes:
        if change.outcome != "taken_over" and change.dispatch_id in own:
            volunteer = released(volunteer, change.dispatch_id, now)
    return volunteer


def _announce(
    work: UnitOfWork,
    merge: VolunteerMerge,
    kind: type[VolunteersMerged | VolunteersUnmerged],
    identities: list[Identity],
) -> object:
    stored = work.put(merge)
    answer = describe_merge(stored)
    facts = answer.model_dump(exclude={"id"})
    work.emit(kind(merge_id=stored.id, identities=states_of(identities), **facts), about=stored, area=stored.area)
    return answer


HANDLERS: Final[HandlerTable] = {MergeVolunteers: merge_volunteers, UnmergeVolunteers: unmerge_volunteers}
