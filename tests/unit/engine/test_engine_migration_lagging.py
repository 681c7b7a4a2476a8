"""A migration beside members that lag: it is not done, and repeats the work that a failover takes back."""

from collections.abc import Callable
from typing import Any

import pytest
from engine_migrating import AT, Boxes
from pymongo import IndexModel
from pymongo.errors import ExecutionTimeout

from shared.engine.store import migration as migration_module
from shared.engine.store.migration import MigrationError
from shared.engine.store.schema_registry import enter
from tests.city.prepared import PreparedCollection

LAGS = "no majority, or 15 s behind its primary.*run this again"


@pytest.fixture
def boxes(monkeypatch: pytest.MonkeyPatch) -> Boxes:
    made = Boxes()
    enter(made.database, ["boxes"], {}, AT)
    monkeypatch.setattr(migration_module, "sleep", made.rests.append)
    return made


def lag(boxes: Boxes) -> None:
    """From now on the primary has its writes alone."""
    boxes.database.memory.minority.append([])


def lag_after(boxes: Boxes, monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """The members lag once so many batches are done."""

    def rest(_: float) -> None:
        boxes.rests.append(0.0)
        if len(boxes.rests) == batches:
            lag(boxes)

    if batches == 0:
        lag(boxes)
    monkeypatch.setattr(migration_module, "sleep", rest)


def forms(boxes: Boxes) -> list[Any]:
    return [boxes.box(number).get("schema") for number in range(5)]


@pytest.mark.parametrize("batches", [0, 1, 2, 3])
@pytest.mark.parametrize("then", ["a failover takes it back", "the members catch up"])
def test_a_migration_whose_majority_lags_is_not_done_and_goes_on_later(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch, batches: int, then: str
) -> None:
    lag_after(boxes, monkeypatch, batches)
    with pytest.raises(MigrationError, match=LAGS):
        boxes.migrate()
    memory = boxes.database.memory
    end: Callable[[], None] = memory.fail_over if then == "a failover takes it back" else memory.reach_majority
    end()
    assert boxes.row()["complete"] == (2 if then == "the members catch up" and batches == 3 else 1)
    assert all(boxes.box(n).get("amount", 10 + n) == 10 + n for n in range(5))
    if boxes.row()["complete"] == 1:
        boxes.migrate()
    assert forms(boxes) == [2] * 5
    assert [boxes.box(n)["tens"] * 10 + boxes.box(n)["ones"] for n in range(5)] == [10 + n for n in range(5)]
    assert (boxes.row()["complete"], "progress" in boxes.row()) == (2, False)
    assert boxes.pending(thorough=True) == []


def test_a_batch_that_no_majority_has_yet_is_not_counted_as_done(boxes: Boxes, monkeypatch: pytest.MonkeyPatch) -> None:
    lag_after(boxes, monkeypatch, 1)
    with pytest.raises(MigrationError, match=LAGS):
        boxes.migrate()
    assert boxes.told == [2], "the first batch alone was shown as done"
    boxes.database.memory.fail_over()
    assert forms(boxes) == [2, 2, None, None, None], "what was shown is still there"
    assert boxes.migrate() == 5


def test_no_index_is_begun_that_a_majority_would_not_build(boxes: Boxes) -> None:
    lag(boxes)
    with pytest.raises(MigrationError, match=LAGS):
        boxes.migrate()
    assert not [call for call in boxes.database.calls if call.startswith("build boxes.by_tens")]


def test_an_index_that_members_never_build_is_given_up_by_name(boxes: Boxes, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_: object, models: list[IndexModel], *, commitQuorum: str, maxTimeMS: int) -> None:  # noqa: N803
        if any(model.document["name"] == "by_tens" for model in models):
            assert (commitQuorum, 0 < maxTimeMS < 86_400_000) == ("majority", True)
            raise ExecutionTimeout("operation exceeded time limit", 50)

    monkeypatch.setattr(PreparedCollection, "create_indexes", build)
    with pytest.raises(MigrationError, match=r"charity\.boxes: its indexes \(by_tens\) were not built by a majority"):
        boxes.migrate()
    assert boxes.row()["complete"] == 1
