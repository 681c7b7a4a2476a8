"""Calls of tasks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence

from ..answers.tasks import StepCode, TaskAnswer, TaskPage
from ..calls import Listing


def list_tasks(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    station_id: str | None = None,
    person_id: str | None = None,
    code: Sequence[StepCode] | None = None,
) -> Listing[TaskPage, TaskAnswer]:
    """List the next steps of open things, the longest overdue first. The codes: docs/reason-codes.md."""
    return Listing(
        "GET",
        "/v1/tasks",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "station_id": station_id,
            "person_id": person_id,
            "code": code,
        },
    )
