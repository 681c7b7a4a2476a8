"""The doctor finds jobs that no worker takes on."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.lianshan.doctor.jobs import check_jobs

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Stored:
    """A collection with one job that has moved at that instant; `due` None: it has ended."""

    def __init__(self, moved_at: datetime, due: datetime | None) -> None:
        self.moved_at, self.due = moved_at, due

    def count_documents(self, rule: Any, limit: int) -> int:
        assert limit
        moved = self.moved_at.isoformat().replace("+00:00", "Z")
        return int(self.due is not None and self.due <= rule["due"]["$lte"] and moved <= rule["moved_at"]["$lte"])


@pytest.mark.parametrize(
    ("moved", "due", "level"),
    [
        (NOW - timedelta(minutes=6), NOW - timedelta(minutes=6), "failed"),
        (NOW - timedelta(minutes=1), NOW - timedelta(minutes=30), "ok"),
        (NOW - timedelta(days=2), None, "ok"),
    ],
)
def test_a_job_that_has_not_gone_on_is_found(moved: datetime, due: datetime | None, level: str) -> None:
    platform: Any = SimpleNamespace(
        clock=SimpleNamespace(city=lambda: NOW), store=lambda _: {"jobs": Stored(moved, due)}
    )
    (found,) = check_jobs(platform)
    assert found.level == level
