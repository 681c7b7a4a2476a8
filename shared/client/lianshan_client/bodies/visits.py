"""Bodies of visits: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.common import SupervisionTopic, SupervisionWithdrawal
from ..answers.visits import VisitKind

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class RecordVisit(TypedDict):
    """Record a visit to a station, by the level above it. Answers VisitShape."""

    external_id: NotRequired[str | None]
    station_id: str
    kind: VisitKind
    topics: list[SupervisionTopic]
    began_at: str
    minutes: int


class WithdrawVisitBody(TypedDict):
    """Withdraw the record of a visit; its findings stay. Answers VisitShape."""

    reason: SupervisionWithdrawal
