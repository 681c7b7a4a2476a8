"""Posts (岗位) of stations and street centres: opened with a headcount, filled by social workers, vacated, closed.

Building posts is the first of the four tasks of a street centre (岗位建设, 人才培养, 资源链接, 专业服务).
"""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Instant, Scope, command, event
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.workers import MANAGE

PostFunction = Literal[
    "centre_head", "station_head", "supervisor", "caseworker", "group_worker", "community_worker", "project_officer",
    "resource_officer", "volunteer_officer", "training_officer", "clerk",
]  # fmt: skip
"""中心主任, 站长, 督导, 个案社工, 小组社工, 社区社工, 项目专员, 资源链接专员, 志愿服务专员, 培训专员, 行政专员."""
PostState = Literal["vacant", "filled", "closed"]
"""空缺, 满员, 已撤销."""
VacancyReason = Literal["left", "transferred", "other_post", "filled_by_mistake"]
"""离职, 调动, 转任其他岗位, 误填: why somebody no longer has the post."""
PostEnd = Literal["budget_ended", "reorganised", "opened_by_mistake"]
"""经费终止, 机构调整, 误设."""
PostClosing = Literal[PostEnd, "station_closed"]
"""How a post ends: by somebody, or with its station."""
MOST_OF_A_POST: Final = 20
"""People in one post."""
MOST_POSTS: Final = 5
"""Posts that one social worker has at a time: a full-time one alone."""


class PostShape(Shape):
    """A post of a station, with the social workers who have it. `area` is that of the station."""

    station_id: Id
    function: Annotated[PostFunction, OPEN] = Field(description="The function of the post.")
    headcount: int = Field(description="The people whom the post needs.")
    full_time: bool = Field(description="Whether it is full-time: who has it, has no other full-time post.")
    workers: tuple[Id, ...] = Field(
        default=(), max_length=MOST_OF_A_POST, description="The social workers who have the post."
    )
    vacant: int = Field(description="The people who are still wanted.")
    state: Annotated[PostState, OPEN]
    fill_by: Instant = Field(description="The time by which a vacancy is filled.")
    opened_at: Instant = Field(description="When the post was opened.")
    closed_at: Instant | None = Field(default=None, description="When the post was closed; null until then.")
    reason: Annotated[PostClosing, OPEN] | None = Field(default=None, description="Why the post was closed.")
    reminder: Reminder | None = None


@event
class PostOpened(PostShape, EventData):
    """A post was opened: it is vacant."""

    type: ClassVar[str] = "stations.post.opened"


@event
class PostChanged(PostShape, EventData):
    """A post has another headcount, or another time by which it is filled."""

    type: ClassVar[str] = "stations.post.changed"


@event
class PostFilled(PostShape, EventData):
    """A social worker has the post from now on."""

    type: ClassVar[str] = "stations.post.filled"


@event
class PostVacated(PostShape, EventData):
    """A social worker no longer has the post."""

    type: ClassVar[str] = "stations.post.vacated"


@event
class PostClosed(PostShape, EventData):
    """A post was closed; nobody has it any more."""

    type: ClassVar[str] = "stations.post.closed"


@event
class PostHandedOver(PostShape, EventData):
    """The station of a post has moved, or was merged: the post is its successor's."""

    type: ClassVar[str] = "stations.post.handed_over"


@event
class VacancyOverdue(PostShape, EventData):
    """A vacancy was not filled in time, and the next level is reminded."""

    type: ClassVar[str] = "stations.post.overdue"


@command
class OpenPost(Creation):
    """Open a post at a station or a street centre. Answers PostShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "OpenPost"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id
    function: PostFunction = Field(description="The function of the post.")
    headcount: int = Field(default=1, ge=1, le=MOST_OF_A_POST, description="The people whom the post needs.")
    full_time: bool = Field(default=True, description="Whether who has it, has no other full-time post.")
    fill_by: Instant = Field(description="The time by which it is filled: at most a year ahead.")


@command
class ChangePost(Action):
    """Give a post another headcount, or another time by which it is filled; null stays. Answers PostShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ChangePost"
    permission: ClassVar[Permission] = MANAGE
    headcount: int | None = Field(
        default=None, ge=1, le=MOST_OF_A_POST, description="The people whom the post needs, not below those in it."
    )
    fill_by: Instant | None = Field(default=None, description="The time by which it is filled: at most a year ahead.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.headcount is None and self.fill_by is None:
            raise broken_rule("nothing_to_change")
        return self


@command
class FillPost(Action):
    """Give a post to a social worker of its station. Answers PostShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "FillPost"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("id", "worker_id"))
    worker_id: Id = Field(description="The social worker who has the post from now on.")


@command
class VacatePost(Action):
    """Record that a social worker no longer has the post, which is vacant then. Answers PostShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "VacatePost"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    worker_id: Id = Field(description="The social worker who no longer has the post.")
    reason: VacancyReason = Field(description="Why the social worker no longer has it. In the audit alone.")
    fill_by: Instant = Field(description="The time by which the vacancy is filled: at most a year ahead.")


@command
class ClosePost(Action):
    """Close a post. Answers PostShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ClosePost"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: PostEnd
