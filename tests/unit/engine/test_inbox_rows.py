"""The inbox keeps the keys of commands for long, with their answers, and those of events and timers for days."""

from datetime import UTC, datetime, timedelta

import pytest
from engine_boxes import delivery, event

from shared.engine.amqp.decoding import Received
from shared.engine.decide.batch import Decisions
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.run.transactions import find_oldest
from shared.engine.store.collections import INBOX_KEEPS
from shared.engine.store.commit import Answer, Transaction, _inbox_rows
from shared.runtime.clock import CityTime, MachineTime

NOW = MachineTime(datetime(2030, 1, 7, 1, tzinfo=UTC))
EARLIER = CityTime(NOW - timedelta(hours=1))
DAYS = timedelta(days=3)


def rows_of(*keys: str, since: CityTime | None = None) -> list[dict[str, object]]:
    answers = [Answer(key, "f", b"{}") for key in keys if key.startswith("command:")]
    decisions = Decisions(IdentityMap())
    return _inbox_rows(Transaction(decisions, list(keys), NOW, answers=answers, since=since, events_kept=DAYS))


def test_events_and_timers_are_forgotten_after_the_days_of_the_setting() -> None:
    (row,) = rows_of("/stations/need#n.1.0", "timer:x", since=EARLIER)
    assert (row["keys"], row["until"], row["since"]) == (["/stations/need#n.1.0", "timer:x"], NOW + DAYS, EARLIER)


def test_commands_stand_apart_with_their_answers_and_stay() -> None:
    command, others = rows_of("command:one", "/stations/need#n.1.0")
    assert (command["keys"], "until" in command) == (["command:one"], False)
    assert command["answers"] == [{"key": "command:one", "fingerprint": "f", "body": b"{}", "area": ""}]
    assert (others["keys"], others["answers"]) == (["/stations/need#n.1.0"], [])


def test_a_batch_without_messages_leaves_no_row() -> None:
    assert rows_of() == []


@pytest.mark.parametrize(
    ("time", "since"),
    [
        ("0001-01-01T00:00:00+12:00", NOW - INBOX_KEEPS),
        ("9999-12-31T23:59:59-12:00", NOW),
        ("2030-01-07T00:30:00", NOW - timedelta(minutes=30)),
    ],
)
def test_a_time_that_another_program_made_up_moves_no_bound(time: str, since: datetime) -> None:
    odd = event().model_copy(update={"time": datetime.fromisoformat(time)})
    message = Incoming("event", odd.key, odd.key, odd.type, odd.data, odd.time, "", "", event=odd)
    received = Received(message, delivery(b"{}"))
    assert find_oldest([received], CityTime(NOW)) == since
    assert find_oldest([], CityTime(NOW)) is None
