"""Bodies of homes: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AddHome(TypedDict):
    """Add the home of a need to a plan; a draft is cancelled, because the plan serves it. Answers HomeShape."""

    external_id: NotRequired[str | None]
    plan_id: str
    need_id: str


class RemoveHomeBody(TypedDict):
    """Visit a home no more: its visits that are ahead are cancelled. Answers HomeShape."""

    reason: HomeRemoval


HomeRemoval = Literal["no_longer_needed", "resident_moved", "declined", "served_otherwise", "entered_wrongly"]
