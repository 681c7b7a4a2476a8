"""The commands that merge two residents and part them again: state, household and versions in one decision.

Needs, relations and consents stay under the id of their day. They are read under every id of the person, so they follow
a merge and its undoing by themselves.
"""

from collections.abc import Iterable
from typing import Final

from services.stations.households.closed_stations import look_again
from services.stations.households.domain import Household
from services.stations.households.handlers import HOUSEHOLDS
from services.stations.merges.domain import ResidentMerge, given_back, joined, keep_place, require_one_household
from services.stations.network.domain import Station
from services.stations.residents.care import follow_care
from services.stations.residents.domain import Resident, ResidentRecord, merged_into, parted, require_known
from services.stations.residents.handlers import RESIDENTS, guard_record
from shared.contracts.stations import merges as contract
from shared.contracts.stations.households import HouseholdChanged
from shared.contracts.stations.merges import MergeResidents, UnmergeResidents
from shared.contracts.stations.residents import ResidentIdentified
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork
from shared.engine.decide.actor_references import Blinder
from shared.people.identities import find_between, identity_of
from shared.people.merges import Effects, Merges

MERGES: Final = Merges(
    kind="resident",
    person=Resident,
    record=ResidentMerge,
    merge=MergeResidents,
    unmerge=UnmergeResidents,
    merged=contract.ResidentsMerged,
    unmerged=contract.ResidentsUnmerged,
    answer=contract.ResidentMergeAnswer,
)


class Lives(Effects[Resident, ResidentMerge]):
    """The state and the household of both; each id that a merge touches has a new version, as its identity has."""

    def load_merge(self, work: UnitOfWork, merged: Resident, into: Resident) -> Loading:
        """Load the household of the merged resident, and the ids that it brings along."""
        homes = [Get(Household, home) for home in (merged.household_id,) if home is not None]
        records = [
            load for one in (merged, into) for load in (Get(ResidentRecord, one.id), Get(Station, one.station_id))
        ]
        yield [*homes, *records, *(Get(Resident, one) for one in identity_of(work, merged.id).others)]

    def merge(self, work: UnitOfWork, merge: ResidentMerge, merged: Resident, into: Resident) -> ResidentMerge:
        """Have the survivor take the place in the household.

        Raises Refused("wrong_state") for an erased resident, and for two who live in two households.
        """
        for one, field in ((merged, "resident_id"), (into, "into_id")):
            require_known(one, field)
            guard_record(work, one.id)
            look_again(work, one.station_id)
        require_one_household(merged, into)
        household = None if merged.household_id is None else work.get(Household, merged.household_id)
        merge = keep_place(merge, merged, into, household)
        if household is not None:
            HOUSEHOLDS.store(work, household, joined(household, merged, into), HouseholdChanged)
        lives_there = into.model_copy(update={"household_id": into.household_id or merged.household_id})
        _store(work, into, lives_there)
        _store(work, merged, merged_into(merged, into.id))
        for other in _found(work, identity_of(work, merged.id).others):
            _store(work, other, other.model_copy(update={"merged_into": into.id}))
        return merge

    def load_unmerge(
        self, work: UnitOfWork, merge: ResidentMerge, merged: Resident, survivor: Resident
    ) -> Loading:  # fmt: skip
        """Load the household, and every id whose meaning changes."""
        homes = [Get(Household, home) for home in (merge.household_id,) if home is not None]
        between = [one.id for one in find_between(work, identity_of(work, merged.id))]
        ids = dict.fromkeys((*identity_of(work, merged.id).others, *between))
        both = (merged, survivor)
        records = [load for one in both for load in (Get(ResidentRecord, one.id), Get(Station, one.station_id))]
        yield [*homes, *records, *(Get(Resident, one) for one in ids)]

    def unmerge(self, work: UnitOfWork, merge: ResidentMerge, merged: Resident, survivor: Resident) -> ResidentMerge:
        """Give the parted resident state and place of before; later records stay with the survivor."""
        for one in (merged, survivor):
            guard_record(work, one.id)
            look_again(work, one.station_id)
        household = None if merge.household_id is None else work.get(Household, merge.household_id)
        after = None if household is None else given_back(merge, household, survivor)
        if household is not None and after is not None:
            HOUSEHOLDS.store(work, household, after, HouseholdChanged)
        left = {"household_id": None} if after is not None and merge.taken_over else {}
        _store(work, survivor, survivor.model_copy(update=left))
        _store(work, merged, parted(merged, merge.state_before, None if after is None else merge.household_id))
        for other in _found(work, identity_of(work, merged.id).others):
            _store(work, other, other.model_copy(update={"merged_into": merged.id}))
        for other in _found(work, (one.id for one in find_between(work, identity_of(work, merged.id)))):
            _store(work, other, other.model_copy())
        return merge


def merge_residents(message: Incoming[MergeResidents], vault: Blinder) -> Handling:
    """Have one resident's id stand for another's. Answers ResidentMergeAnswer. Raises Refused as `Lives.merge` does."""
    return MERGES.run_merge(message, vault, Lives())


def unmerge_residents(message: Incoming[UnmergeResidents], vault: Blinder) -> Handling:
    """Part two merged residents. Answers ResidentMergeAnswer. Raises Refused as `Merges.run_unmerge` does."""
    return MERGES.run_unmerge(message, vault, Lives())


def _store(work: UnitOfWork, before: Resident, after: Resident) -> None:
    # The identity's version rises by the merge itself.
    RESIDENTS.store(work, before, after, ResidentIdentified)
    follow_care(work, before.id)


def _found(work: UnitOfWork, ids: Iterable[str]) -> list[Resident]:
    return [resident for one in ids if (resident := work.get(Resident, one)) is not None]


HANDLERS: Final[HandlerTable] = {MergeResidents: merge_residents, UnmergeResidents: unmerge_residents}
