"""Merges (合并) of volunteers: two registrations of one person become one volunteer, and may be parted again."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.merging import MergeAnswer, MergePersons, MergeSnapshot, UnmergePersons
from shared.contracts.messages import OPEN, Id, Message, Scope, command, event

MOST_CHANGED: Final = 35
"""Open dispatches that one merge changes at most; its undoing gives back as many."""
DispatchOutcome = Literal["taken_over", "withdrawn", "released", "returned"]


class MergedDispatch(Message):
    """An open dispatch that a merge or its undoing has changed.

    `taken_over`: the survivor's now. `withdrawn`: an offer taken back. `released`: a promise taken back, because its
    time overlaps `overlaps`, another dispatch of the same person, which stays. `returned`: again that of the id that
    was merged.
    """

    dispatch_id: Id
    outcome: Annotated[DispatchOutcome, OPEN]
    overlaps: Id | None = None


class _VolunteerMerge(MergeSnapshot):
    dispatches: tuple[MergedDispatch, ...] = Field(default=(), max_length=2 * MOST_CHANGED)


@event
class VolunteersMerged(_VolunteerMerge):
    """A volunteer's id stands for another one's from now on: both are one person."""

    type: ClassVar[str] = "volunteering.volunteer.merged"


@event
class VolunteersUnmerged(_VolunteerMerge):
    """A merge was undone: both are volunteers of their own again."""

    type: ClassVar[str] = "volunteering.volunteer.unmerged"


@command
class MergeVolunteers(MergePersons):
    """Have one volunteer's id stand for another's, because both are one person. Answers VolunteerMergeAnswer.

    Skills, languages, availability and birth year stay those of `into_id`; promised dispatches and the record of
    service are taken over. `expected_version` and `expected_into_version` are the versions that the sender has seen.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "MergeVolunteers"
    permission: ClassVar[Permission] = "volunteers:merge"
    scope: ClassVar[Scope] = Scope(found=("volunteer_id", "into_id"))
    volunteer_id: Id


@command
class UnmergeVolunteers(UnmergePersons):
    """Undo the merge by which the volunteer's id stands for another. Answers VolunteerMergeAnswer."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "UnmergeVolunteers"
    permission: ClassVar[Permission] = "volunteers:merge"
    scope: ClassVar[Scope] = Scope(found=("volunteer_id",))
    volunteer_id: Id


class VolunteerMergeAnswer(MergeAnswer):
    """A merge of volunteers with the dispatches that it changed."""

    dispatches: tuple[MergedDispatch, ...] = ()
