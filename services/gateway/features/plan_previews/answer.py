"""Answers about previews of edits."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.gateway.http.answers import Answer, InstantText
from shared.contracts.messages import OPEN
from shared.contracts.stations.occurrences import Obstacle
from shared.contracts.stations.plan_previews import Effect


class TouchedVisit(Answer):
    """One visit that the edit touches."""

    home_id: str
    on: date = Field(description="The day of the visit by the plan's rule.")
    effect: Annotated[Effect, OPEN] = Field(description="The effect of the edit on the visit.")
    starts_at: InstantText | None = Field(description="When the visit begins now; null where the edit adds it.")
    becomes_at: InstantText | None = Field(description="When the visit begins then; null where it is called off.")
    need_id: str | None = Field(
        description="The need that is amended or cancelled with the visit; null: none was made."
    )
    obstacle: Annotated[Obstacle, OPEN] | None = Field(description="Why the need cannot follow; null where it can.")


class PlanPreviewAnswer(Answer):
    """The visits ahead that an edit touches; the items are a page by day and home.

    `version` is the one that the edit names in If-Match.
    """

    version: int = Field(description="The version of the plan; also the ETag. The edit names it in If-Match.")
    visits: int = Field(description="How many visits the edit touches.")
    needs: int = Field(description="How many needs are amended or cancelled with them, or cannot be.")
    blocked: int = Field(description="How many of these needs cannot follow.")
    items: list[TouchedVisit]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")
