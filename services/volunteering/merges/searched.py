"""Whether searches find both ids after a merge or its undoing, by the consents to be matched of all that they join.

While ids are merged the newest giving or withdrawal under any of them counts. After the undoing the ids on each side go
by their own consents, and those without any on record by how they stood before.
"""

from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.matching.kept_tags import FirstMergeInto, VolunteerMerge
from services.volunteering.people.consent import consent_loads, is_consented, is_withheld, matched
from shared.engine import Get, Load, UnitOfWork
from shared.people.identities import Identity, identity_of


def joining_loads(work: UnitOfWork, merged: Volunteer, into: Volunteer) -> list[Load]:
    """Return the loads that `join_searched` needs."""
    return consent_loads(_joined(work, merged, into))


def join_searched(work: UnitOfWork, merged: Volunteer, into: Volunteer, survivor: Volunteer) -> Volunteer:
    """Return the survivor of the merge as one whom searches find, or do not.

    Without any consent on record it is not found where one of the two was not.
    """
    consented = is_consented(work, _joined(work, merged, into))
    if consented is None:
        consented = not (is_withheld(merged) or is_withheld(into))
    return matched(survivor, consented)


def parting_loads(work: UnitOfWork, merged: Volunteer, survivor: Volunteer) -> list[Load]:
    """Return the loads that `part_searched` needs. Needs the identities of both, and of all that stand for either."""
    own, left = _parted(work, merged, survivor)
    merges = [Get(VolunteerMerge, identity.merge) for one in left if (identity := identity_of(work, one)).merge]
    return [*consent_loads((*own, *left)), FirstMergeInto(survivor.id), *merges]


def part_searched(
    work: UnitOfWork, merged: Volunteer, survivor: Volunteer, after: tuple[Volunteer, Volunteer]
) -> tuple[Volunteer, Volunteer]:
    """Return both after the undoing, the survivor first, each as one whom searches find, or do not.

    `after` are both with the tags that they had before.
    """
    own, left = _parted(work, merged, survivor)
    kept, parted = after
    by_left, by_own = is_consented(work, left), is_consented(work, own)
    return (
        matched(kept, not _was_withheld(work, survivor, left) if by_left is None else by_left),
        matched(parted, not is_withheld(parted) if by_own is None else by_own),
    )


def _was_withheld(work: UnitOfWork, survivor: Volunteer, left: tuple[str, ...]) -> bool:
    """Return whether one of the ids that stay together was withheld when it stood by itself."""
    if any(merge.into_withheld for merge in work.find(FirstMergeInto(survivor.id))):
        return True
    return any(_brought_withheld(work, identity) for one in left if (identity := identity_of(work, one)).merge)


def _brought_withheld(work: UnitOfWork, identity: Identity) -> bool:
    volunteer, merge = work.get(Volunteer, identity.id), work.get(VolunteerMerge, identity.merge)
    if volunteer is None or merge is None:
        return False
    return is_withheld(volunteer.model_copy(update={"tags": merge.tags}))


def _joined(work: UnitOfWork, merged: Volunteer, into: Volunteer) -> tuple[str, ...]:
    return (*identity_of(work, merged.id).ids, *identity_of(work, into.id).ids)


def _parted(work: UnitOfWork, merged: Volunteer, survivor: Volunteer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids on the side of the merged one, and those that stay with the survivor."""
    own = identity_of(work, merged.id).ids
    return own, tuple(one for one in identity_of(work, survivor.id).ids if one not in own)
