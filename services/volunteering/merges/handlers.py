"""The commands that merge two volunteers and part them again, each one decision over all that it touches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from services.volunteering.checks.storage import ChecksOf
from services.volunteering.dispatch.domain.freed import FreedVolunteer, freed_from
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.waiting_list import waiting_loads, wake_waiting
from services.volunteering.matching.domain.absence import admitted
from services.volunteering.matching.domain.volunteers import Volunteer, released
from services.volunteering.matching.kept_tags import VolunteerMerge
from services.volunteering.matching.pauses import remind_of_end
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.merges import overlaps
from services.volunteering.merges.checked import check_again, end_checks, show_checked
from services.volunteering.merges.domain import (
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
from services.volunteering.merges.searched import join_searched, joining_loads, part_searched, parting_loads
from services.volunteering.merges.staffings import change_staffings
from services.volunteering.people.consent import is_withheld
from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.timebank.crediting import compare_soon
from shared.contracts.plain import Shape
from shared.contracts.volunteering import merges as contract
from shared.contracts.volunteering.merges import MergedDispatch, MergeVolunteers, UnmergeVolunteers
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork
from shared.engine.decide.actor_references import Blinder
from shared.people.identities import identity_of
from shared.people.merges import Effects, Merges

MERGES: Final = Merges(
    kind="volunteer",
    person=Volunteer,
    record=VolunteerMerge,
    merge=MergeVolunteers,
    unmerge=UnmergeVolunteers,
    merged=contract.VolunteersMerged,
    unmerged=contract.VolunteersUnmerged,
    answer=contract.VolunteerMergeAnswer,
)


@dataclass(frozen=True)
class Promises(Effects[Volunteer, VolunteerMerge]):
    """The promises, offers and records of service of both, which go over by a merge and back by its undoing."""

    dispatching: DispatchPolicy
    matching: MatchingPolicy
    ended: list[Shape] = field(default_factory=list)
    """The checks that the merge has ended, as they stand then."""

    def load_merge(self, work: UnitOfWork, merged: Volunteer, into: Volunteer) -> Loading:
        """Load the staffings that the merge may change, and the consents to be matched."""
        holds = [*merged.bookings, *merged.offers, *overlapping(into.bookings, merged.bookings)]
        loads: list[Load] = [*(Get(Staffing, need) for need in needs_of(holds)), ChecksOf(merged.id)]
        yield [*loads, *joining_loads(work, merged, into)]

    def merge(self, work: UnitOfWork, merge: VolunteerMerge, merged: Volunteer, into: Volunteer) -> VolunteerMerge:
        """Move promises, offers and record to the survivor; this decides a check of the merged registration.

        Raises Refused("wrong_state") as `require_at_rest`, `taken_over` and `end_checks` do.
        """
        require_not_erased(merged, into)
        require_at_rest(merged, into)
        self.ended.extend(end_checks(work, merged, into))
        merged = admitted(merged)
        changes = plan_changes(merged, into, partial(work.get, Staffing))
        merged, into = (_release(volunteer, changes, work.now) for volunteer in (merged, into))
        work.put(join_searched(work, merged, into, taken_over(into, merged, work.now)))
        work.put(merged_away(merged, work.now))
        change_staffings(work, changes, into.id, self.dispatching)
        compare_soon(work, into.id)
        moved = tuple(hold.dispatch_id for hold in (*merged.bookings, *merged.offers))
        kept = {"tags": merged.tags, "into_withheld": is_withheld(into)}
        return merge.model_copy(update={**kept, "moved": moved, "dispatches": changes})

    def load_unmerge(self, work: UnitOfWork, merge: VolunteerMerge, merged: Volunteer, survivor: Volunteer) -> Loading:
        """Load the staffings of the returning promises and the consents, then the needs that wait for either id."""
        moved = set(merge.moved)
        kept = [hold for hold in (*survivor.bookings, *survivor.offers) if hold.dispatch_id in moved]
        loads: list[Load] = [*(Get(Staffing, need) for need in needs_of(kept)), *parting_loads(work, merged, survivor)]
        work = yield [*loads, ChecksOf(merged.id), Get(VolunteerPerson, merged.id)]
        holds, _ = find_returns(merge, identity_of(work, merged.id).ids, survivor, partial(work.get, Staffing))
        yield waiting_loads(self._freed(work, _part(work, merge, (survivor, merged), holds)))

    def unmerge(
        self, work: UnitOfWork, merge: VolunteerMerge, merged: Volunteer, survivor: Volunteer
    ) -> VolunteerMerge:
        """Give each its own again. Raises Refused("wrong_state") as `require_at_rest` does; the survivor may be erased.

        An erased survivor gives back slots and counts alone.
        """
        require_not_erased(merged)
        require_at_rest(survivor)
        holds, open_ones = find_returns(merge, identity_of(work, merged.id).ids, survivor, partial(work.get, Staffing))
        both = _part(work, merge, (survivor, merged), holds)
        freed = self._freed(work, both)
        for volunteer in both:
            stored = work.put(check_again(work, volunteer) if volunteer.id == merged.id else volunteer)
            if volunteer.id == merged.id:
                show_checked(work, stored)
        changes = tuple(MergedDispatch(dispatch_id=one, outcome="returned") for one in sorted(open_ones))
        change_staffings(work, changes, merged.id, self.dispatching)
        wake_waiting(work, freed)
        for one in (merged, survivor):
            compare_soon(work, one.id)
        remind_of_end(work, merged)  # its timer may have come to an id that nobody could return to
        return merge.model_copy(update={"dispatches": (*merge.dispatches, *changes)})

    def _freed(self, work: UnitOfWork, both: Iterable[Volunteer]) -> Sequence[FreedVolunteer]:
        """Return both as freed for waiting needs: the merged one entirely, the survivor for the returned slots."""
        return [freed_from(volunteer, self.matching.city_zone, work.now) for volunteer in both]


def merge_volunteers(
    message: Incoming[MergeVolunteers], vault: Blinder, dispatch_policy: DispatchPolicy, matching_policy: MatchingPolicy
) -> Handling:
    """Have one id stand for the other, which takes over promises and record of service. Answers VolunteerMergeAnswer.

    Raises Refused as `Merges.run_merge` and `Promises.merge` do.
    """
    return MERGES.run_merge(message, vault, Promises(dispatch_policy, matching_policy))


def unmerge_volunteers(
    message: Incoming[UnmergeVolunteers],
    vault: Blinder,
    dispatch_policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
) -> Handling:
    """Part two merged ids: give each its own record again. Answers VolunteerMergeAnswer.

    Raises Refused as `Merges.run_unmerge` and `Promises.unmerge` do.
    """
    return MERGES.run_unmerge(message, vault, Promises(dispatch_policy, matching_policy))


def _part(
    work: UnitOfWork, merge: VolunteerMerge, pair: tuple[Volunteer, Volunteer], holds: set[str]
) -> tuple[Volunteer, Volunteer]:
    """Return the survivor and the merged id, in this order, as they stand after the undoing."""
    survivor, merged = pair
    kept, parted = given_back(survivor, merged, merge, holds)
    return part_searched(work, merged, survivor, (kept, parted))


def _release(volunteer: Volunteer, changes: tuple[MergedDispatch, ...], now: datetime) -> Volunteer:
    """Return the volunteer without the slots of promises and offers that are taken back."""
    own = {hold.dispatch_id for hold in (*volunteer.bookings, *volunteer.offers)}
    for change in changes:
        if change.outcome != "taken_over" and change.dispatch_id in own:
            volunteer = released(volunteer, change.dispatch_id, now)
    return volunteer


HANDLERS: Final[HandlerTable] = {
    MergeVolunteers: merge_volunteers,
    UnmergeVolunteers: unmerge_volunteers,
    **overlaps.HANDLERS,
}
