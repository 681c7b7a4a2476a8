"""The doctor finds exports of reports that no worker writes."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.lianshan.doctor.exports import check_exports

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Stored:
    """A collection with one export in that state, whose lease ends at that instant."""

    def __init__(self, state: str, until: datetime) -> None:
        self.state, self.until = state, until

    def count_documents(self, rule: Any, limit: int) -> int:
        assert limit
        return int(self.state in rule["state"]["$in"] and self.until <= rule["until"]["$lte"])


@pytest.mark.parametrize(
    ("state", "until", "level"),
    [
        ("waiting", NOW - timedelta(minutes=6), "failed"),
        ("running", NOW - timedelta(minutes=6), "failed"),
        ("waiting", NOW - timedelta(minutes=1), "ok"),
        ("running", NOW + timedelta(seconds=5), "ok"),
        ("done", NOW - timedelta(days=2), "ok"),
    ],
)
def test_an_export_that_nobody_writes_is_found(state: str, until: datetime, level: str) -> None:
    platform: Any = SimpleNamespace(
        clock=SimpleNamespace(machine=lambda: NOW), store=lambda _: {"exports": Stored(state, until)}
    )
    (found,) = check_exports(platform)
    assert found.level == level
