"""Merges (合并) of donors: two registrations of one giver become one donor, and may be parted again."""

from typing import ClassVar

from shared.contracts.access.permissions import Permission
from shared.contracts.merging import MergeAnswer, MergePersons, MergeSnapshot, UnmergePersons
from shared.contracts.messages import Id, Scope, command, event


@event
class DonorsMerged(MergeSnapshot):
    """A donor's id stands for another one's from now on; gifts and receipts stay under the id of their day."""

    type: ClassVar[str] = "charity.donor.merged"


@event
class DonorsUnmerged(MergeSnapshot):
    """A merge was undone: both are donors of their own again."""

    type: ClassVar[str] = "charity.donor.unmerged"


@command
class MergeDonors(MergePersons):
    """Have one donor's id stand for another's, because both are one giver. Answers DonorMergeAnswer.

    `expected_version` and `expected_into_version` are the versions that the sender has seen.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "MergeDonors"
    permission: ClassVar[Permission] = "donors:merge"
    scope: ClassVar[Scope] = Scope(found=("donor_id", "into_id"))
    donor_id: Id


@command
class UnmergeDonors(UnmergePersons):
    """Undo the merge by which the donor's id stands for another. Answers DonorMergeAnswer."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "UnmergeDonors"
    permission: ClassVar[Permission] = "donors:merge"
    scope: ClassVar[Scope] = Scope(found=("donor_id",))
    donor_id: Id


class DonorMergeAnswer(MergeAnswer):
    """A merge of donors."""
