"""The merge (合并) of a need that was registered twice: one ends as a duplicate, the other goes on."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Id, Scope, command, event
from shared.contracts.stations.need_changes import NeedChange
from shared.contracts.stations.needs import NeedAction


@event
class NeedMerged(NeedChange):
    """Another need, `merged_id`, was a duplicate of this one, and has ended. This one stands in its state."""

    type: ClassVar[str] = "stations.need.merged"
    merged_id: Id


@command
class MergeNeed(NeedAction):
    """End a need as a duplicate of another need of its station, which goes on. Answers the need that has ended.

    Charity and volunteering release its supply and people as after any cancellation. The other need takes over the
    named `lines` as lines of its own, and asks for `headcount` volunteers from now on where that is given: an amendment
    of it.
    """

    type: ClassVar[str] = "MergeNeed"
    permission: ClassVar[Permission] = "needs:cancel"
    scope: ClassVar[Scope] = Scope(found=("need_id", "into_id"))
    into_id: Id
    expected_into_version: int | None = None
    lines: tuple[Id, ...] = Field(default=(), max_length=20)
    headcount: int | None = Field(default=None, strict=True, ge=1, le=1000)
