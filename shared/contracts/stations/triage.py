"""The override of a need's triage (分级): a supervisor gives another score, kept beside the computed one."""

from typing import ClassVar

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import command
from shared.contracts.stations.need_intake import OverrideReason
from shared.contracts.stations.needs import NeedAction


@command
class OverrideTriage(NeedAction):
    """Give a need that nobody serves yet another score, or without one the computed score again. Answers the need.

    Charity and volunteering go by the new score, which the amendment of a published need announces.
    """

    type: ClassVar[str] = "OverrideTriage"
    permission: ClassVar[Permission] = "needs:triage"
    reason_field: ClassVar[str] = "reason_code"
    score: int | None = Field(
        default=None, strict=True, ge=0, le=100, description="The score from now on; null: the computed one."
    )
    reason_code: OverrideReason
