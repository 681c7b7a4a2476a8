"""Two replicas that look for due rows at the same moment never take the same one, in memory and on MongoDB."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from shared.engine.store.collections import TIMERS
from shared.engine.store.due_rows import DueRows
from tests.city.kept import NOW, Kept, in_memory, in_mongodb


@pytest.fixture(params=[in_memory, pytest.param(in_mongodb, marks=pytest.mark.integration)], ids=lambda p: p.__name__)
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    make: Callable[[pytest.FixtureRequest], Iterator[Kept]] = request.param
    yield from make(request)


class Raced:
    """A replica that sees the due rows, and leases them only after another has taken the first `lost` of them."""

    def __init__(self, kept: Kept, lost: int) -> None:
        self.rows = DueRows(kept.database, TIMERS)
        self.taken_by_another: list[Any] = []
        self.looks = 0
        leases, rows, other = self.rows._leases, self.rows._rows, DueRows(kept.database, TIMERS)

        def find(*arguments: Any) -> Any:
            self.looks += 1
            return rows.find(*arguments)

        def update_many(*arguments: Any) -> Any:
            self.taken_by_another += other.take(NOW, lost)
            return leases.update_many(*arguments)

        self.rows._rows = SimpleNamespace(find=find)  # type: ignore[assignment]
        self.rows._leases = SimpleNamespace(update_many=update_many, find=leases.find)  # type: ignore[assignment]

    def take(self, limit: int) -> list[str]:
        return [row["_id"] for row in self.rows.take(NOW, limit)]


def have_due(kept: Kept, *keys: str) -> None:
    for nth, key in enumerate(keys):
        kept.database[TIMERS].insert_one({"_id": key, "due": NOW - timedelta(seconds=60 - nth)})


def test_rows_that_another_replica_takes_at_the_same_moment_are_left_to_it(kept: Kept) -> None:
    have_due(kept, "a", "b", "c")
    raced = Raced(kept, lost=1)
    assert raced.take(3) == ["b", "c"]
    assert [row["_id"] for row in raced.taken_by_another] == ["a"]


def test_where_another_takes_all_that_were_due_nothing_is_looked_for_again(kept: Kept) -> None:
    have_due(kept, "a", "b")
    raced = Raced(kept, lost=2)
    assert (raced.take(3), raced.looks) == ([], 1)
