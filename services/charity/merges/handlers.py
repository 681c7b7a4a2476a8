"""The commands that merge two donors and part them again. No gift, receipt or account is touched."""

from functools import partial
from typing import Final

from services.charity.donors.domain import Donor
from shared.contracts.charity.merges import (
    DonorMergeAnswer,
    DonorsMerged,
    DonorsUnmerged,
    MergeDonors,
    UnmergeDonors,
)
from shared.contracts.refusals import Refused
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import Blinder, refer, reference_load
from shared.people.erasing import Erased, require_not_erased
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
from shared.people.merges import Merge


def merge_donors(message: Incoming[MergeDonors], vault: Blinder) -> Handling:
    """Have one id stand for the other. Answers DonorMergeAnswer.

    Raises Refused("not_found") for an id that the actor does not reach, Refused("version_mismatch"), and
    Refused("wrong_state") as `require_mergeable` does.
    """
    asked = message.data
    work = yield from take_turn(partial(_load_merge, message))
    merged = work.reach(Donor, asked.donor_id, "donor_id")
    into = work.reach(Donor, asked.into_id, "into_id")
    old, new = identity_of(work, merged.id), identity_of(work, into.id)
    require_not_erased(work, "donor_id", merged.id, into.id)
    require_mergeable(old, new, "donor_id")
    require_version(old, "donor", asked.expected_version, "If-Match")
    require_version(new, "donor", asked.expected_into_version, "expected_into_version")
    merge = Merge(
        id=work.new_id("merge"), area=into.area, merged_id=merged.id, survivor_id=into.id, reason=asked.reason_code,
        merged_at=work.now, merged_by=refer(work, vault),
    )  # fmt: skip
    return _announce(work, merge, DonorsMerged, join(work, old, new, merge.id))


def unmerge_donors(message: Incoming[UnmergeDonors], vault: Blinder) -> Handling:
    """Part two merged ids: gifts since the merge stay with the survivor, under whose id they were given.

    Answers DonorMergeAnswer. Raises Refused("not_found") for an id that the actor does not reach,
    Refused("version_mismatch"), and Refused("wrong_state") for an id that stands for itself, for a merge that
    another has followed, and for an id whose data was erased. An erased survivor may be parted from.
    """
    asked = message.data
    work = yield from take_turn(partial(_load_unmerge, message))
    merged = work.reach(Donor, asked.donor_id, "donor_id")
    old = identity_of(work, merged.id)
    merge = work.get(Merge, old.merge) if old.merge else None
    require_unmergeable(old, "" if merge is None else merge.survivor_id, "donor_id")
    require_version(old, "donor", asked.expected_version, "If-Match")
    if merge is None:
        raise Refused("wrong_state", "not_merged", field="donor_id", id=merged.id)
    survivor = work.reach(Donor, merge.survivor_id, "donor_id")
    require_not_erased(work, "donor_id", merged.id)  # an erased survivor gets nothing back by it
    undone = merge.model_copy(
        update={
            "state": "unmerged",
            "unmerged_because": asked.reason_code,
            "unmerged_at": work.now,
            "unmerged_by": refer(work, vault),
        }
    )
    return _announce(work, undone, DonorsUnmerged, part(work, old, identity_of(work, survivor.id)))


def _load_merge(message: Incoming[MergeDonors]) -> Loading:
    asked, area = message.data, message.actor.area
    ids = (asked.donor_id, asked.into_id)
    donors: list[Load] = [Get(Donor, i, area) for i in ids]
    work = yield [*donors, *map(Erased, ids), *map(identity_load, ids), reference_load(message.actor)]
    yield [identity_load(other) for other in identity_of(work, asked.donor_id).others]


def _load_unmerge(message: Incoming[UnmergeDonors]) -> Loading:
    donor_id, area = message.data.donor_id, message.actor.area
    donor: list[Load] = [Get(Donor, donor_id, area), Erased(donor_id)]
    work = yield [*donor, identity_load(donor_id), reference_load(message.actor)]
    old = identity_of(work, donor_id)
    if not old.merge:
        return
    work = yield [Get(Merge, old.merge), *map(identity_load, old.others)]
    merge = work.get(Merge, old.merge)
    if merge is not None:
        yield [Get(Donor, merge.survivor_id, area), identity_load(merge.survivor_id)]


def _announce(
    work: UnitOfWork, merge: Merge, kind: type[DonorsMerged | DonorsUnmerged], identities: list[Identity]
) -> DonorMergeAnswer:
    stored = work.put(merge)
    answer = DonorMergeAnswer.model_validate(stored, from_attributes=True)
    facts = answer.model_dump(exclude={"id"})
    work.emit(kind(merge_id=stored.id, identities=states_of(identities), **facts), about=stored, area=stored.area)
    return answer


HANDLERS: Final[HandlerTable] = {MergeDonors: merge_donors, UnmergeDonors: unmerge_donors}
