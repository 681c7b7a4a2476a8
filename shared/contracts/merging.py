"""Merges (合并) of two ids of one person, and their undoing: the parts that all owners of people have alike."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.actor import Reach, Reference
from shared.contracts.messages import OPEN, Answer, Command, EventData, Id, Instant, Message

MergeReason = Literal["registered_twice", "imported_twice"]
"""Why two ids are one person's."""
UnmergeReason = Literal["different_people", "merged_by_mistake"]
MergeState = Literal["merged", "unmerged"]
MOST_MERGED: Final = 20
"""Ids of one person besides the one that stands for them all."""


class IdentityState(Message):
    """One id of a person after a merge or its undoing, as every id that was touched has one.

    `survivor_id` is the id that it stands for, itself where it stands alone. `merged_ids` stand for it. `version` is 1
    for an id that was never merged, and grows with each merge and each undoing that touches it.
    """

    id: Id
    version: int
    survivor_id: Id
    merged_ids: tuple[Id, ...] = Field(default=(), max_length=MOST_MERGED)


class MergeFacts(Answer):
    """A merge: `merged_id` stands for `survivor_id` from `merged_at` on, until it is undone at `unmerged_at`.

    `area` is the survivor's. The actors are opaque references, which an audited query resolves.
    """

    area: Reach
    merged_id: Id
    survivor_id: Id
    state: Annotated[MergeState, OPEN]
    reason: Annotated[MergeReason, OPEN]
    merged_at: Instant
    merged_by: Reference
    unmerged_because: Annotated[UnmergeReason, OPEN] | None = None
    unmerged_at: Instant | None = None
    unmerged_by: Reference | None = None


class MergeSnapshot(MergeFacts, EventData):
    """A merge as it stands after one decision, with every id whose meaning that changed."""

    merge_id: Id
    version: int
    identities: tuple[IdentityState, ...] = Field(default=(), max_length=MOST_MERGED + 2)


class MergeAnswer(MergeFacts):
    """A merge as its owner answers."""

    id: Id
    version: int


class PersonCommand(Command):
    """A command to a person's id. The first field that its scope finds holds the id: `donor_id`, `volunteer_id`."""

    expected_version: int | None = None

    @property
    def person_field(self) -> str:
        """The field that holds the id."""
        return self.scope.found[0]

    @property
    def person_id(self) -> str:
        """The id of the person."""
        return str(getattr(self, self.person_field))


class MergePersons(PersonCommand):
    """Have one person's id stand for another's. Answers MergeAnswer.

    `expected_version` and `expected_into_version` are the versions that the sender has seen.
    """

    reason_field: ClassVar[str] = "reason_code"
    into_id: Id = Field(description="The id that stands for both.")
    reason_code: MergeReason = "registered_twice"
    expected_into_version: int | None = None


class UnmergePersons(PersonCommand):
    """Undo the merge by which the person's id stands for another. Answers MergeAnswer."""

    reason_field: ClassVar[str] = "reason_code"
    reason_code: UnmergeReason
