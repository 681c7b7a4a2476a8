"""The preview of an edit of a care plan: the visits that it touches, counted and listed."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, Answer, Id, Instant, Query, query
from shared.contracts.stations.occurrences import Obstacle
from shared.contracts.stations.plans import PlanEdit

Effect = Literal["moved", "added", "cancelled"]


class TouchedVisit(Answer):
    """One visit that the edit touches: its time before and after, and the reason where its need cannot follow."""

    home_id: Id
    on: date
    effect: Annotated[Effect, OPEN]
    starts_at: Instant | None = None
    becomes_at: Instant | None = None
    need_id: Id | None = None
    obstacle: Annotated[Obstacle, OPEN] | None = None


class PlanPreview(Answer):
    """The visits ahead that an edit touches. `version` is that of the plan, which the edit has to name.

    `needs` are those that are amended or cancelled with them, `blocked` those that cannot be.
    """

    version: int
    area: AreaCode
    visits: int
    needs: int
    blocked: int
    items: tuple[TouchedVisit, ...] = Field(max_length=200)
    next: int | None = None


@query
class PreviewPlanEdit(Query[PlanPreview | None]):
    """Count and list the visits that an edit of a plan touches, without editing it; None for an unknown plan.

    `after` is the `next` of the page before. Raises Refused as the edit does.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "PreviewPlanEdit"
    plan_id: Id
    edit: PlanEdit
    at: Instant = Field(description="The city's time of the preview.")
    after: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=50, ge=1, le=200)
