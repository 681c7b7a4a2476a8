"""The place of a service in the log: it moves on only when nothing is missing, and each drop and loss is counted."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.engine.amqp.event_log import LogPlace
from shared.engine.decide.memory import START
from shared.engine.store.log_positions import BEHIND, LogPositions
from tests.city.mongo import Database
from tests.city.store import Memory

FIRST, SECOND, THIRD = (LogPlace(n, f"event {n}") for n in (10, 20, 30))


class Positions:
    """The positions over a store in memory, by a clock that is moved by hand."""

    def __init__(self) -> None:
        memory = Memory("boxes")
        memory.now = lambda: self.now
        self.now, self.database = START, Database(memory)
        self.positions = LogPositions(self.database)  # type: ignore[arg-type]
        self.positions.begin(FIRST, missing=False)

    def read(self) -> Any:
        return self.positions.read()

    def row(self) -> dict[str, Any]:
        (row,) = self.database["log_positions"].find()
        return row


@pytest.fixture
def kept() -> Positions:
    return Positions()


def test_each_drop_is_counted_and_one_that_comes_while_reading_keeps_the_events_missing(kept: Positions) -> None:
    kept.positions.mark_missing()
    assert (kept.read().missing, kept.read().drops) == (True, 1)
    kept.positions.mark_missing()
    assert kept.read().drops == 2
    assert not kept.positions.finish(SECOND, 1), "it was read before the second drop"
    assert kept.read().missing
    assert kept.positions.finish(SECOND, 2)
    assert (kept.read().missing, kept.read().place, kept.read().applied) == (False, SECOND, True)


def test_the_place_moves_to_the_end_that_was_noted_a_minute_before_and_its_event_is_not_applied(
    kept: Positions,
) -> None:
    kept.positions.save(FIRST, well=True)
    assert (kept.read().applied, kept.read().due) == (True, False)
    kept.positions.move_on(SECOND)
    assert kept.read().place == FIRST
    for end, place in ((SECOND, FIRST), (THIRD, SECOND)):
        kept.now += timedelta(milliseconds=BEHIND)
        assert kept.read().due
        kept.positions.move_on(end)
        assert (kept.read().place, kept.read().applied, kept.read().due) == (place, False, False)


def test_a_loss_is_kept_for_the_doctor_with_both_places_and_its_time(kept: Positions) -> None:
    assert not kept.read().lost
    kept.positions.note_loss(FIRST, SECOND)
    assert kept.read().lost
    row = kept.row()
    assert (row["lost_from"], row["lost_to"], row["lost_at"]) == (10, 20, START)
    assert isinstance(row["lost_at"], datetime)
