"""Merges (合并) of residents: two records of one person become one resident, and may be parted again."""

from typing import ClassVar

from shared.contracts.access.permissions import Permission
from shared.contracts.merging import MergeAnswer, MergePersons, MergeSnapshot, UnmergePersons
from shared.contracts.messages import Id, Scope, command, event
from shared.contracts.stations.residents import MANAGE


@event
class ResidentsMerged(MergeSnapshot):
    """A resident's id stands for another one's from now on; needs and consents count for the person under either id."""

    type: ClassVar[str] = "stations.resident.merged"


@event
class ResidentsUnmerged(MergeSnapshot):
    """A merge was undone: both are residents of their own again."""

    type: ClassVar[str] = "stations.resident.unmerged"


@command
class MergeResidents(MergePersons):
    """Have one resident's id stand for another's, because both are one person. Answers ResidentMergeAnswer.

    `expected_version` and `expected_into_version` are the versions that the sender has seen.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "MergeResidents"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("resident_id", "into_id"))
    resident_id: Id


@command
class UnmergeResidents(UnmergePersons):
    """Undo the merge by which the resident's id stands for another. Answers ResidentMergeAnswer."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "UnmergeResidents"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("resident_id",))
    resident_id: Id


class ResidentMergeAnswer(MergeAnswer):
    """A merge of residents."""
