"""The breaker rests longer with each failure in a row, and is resting by name after three of the store."""

from itertools import count

import pytest
from structlog.testing import capture_logs

from shared.engine.run.breaker import STORE, Breaker
from shared.runtime.metrics import EngineMetrics

_NUMBERS = count()
AWAY = OSError("no primary")


class Rests:
    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.metrics = EngineMetrics(f"breaker-{next(_NUMBERS)}")
        self.breaker = Breaker(self.metrics, self.pauses.append)

    def fail(self, times: int, event: str = STORE) -> None:
        for _ in range(times):
            self.breaker.rest(event, AWAY)

    @property
    def shown(self) -> float:
        return self.metrics.resting._value.get()


@pytest.fixture
def rests() -> Rests:
    return Rests()


def test_each_rest_in_a_row_is_longer_and_the_last_one_repeats(rests: Rests):
    rests.fail(7)
    assert rests.pauses == [0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0]


def test_a_batch_that_was_handled_begins_the_counts_anew(rests: Rests):
    rests.fail(3)
    rests.breaker.recover()
    rests.fail(1)
    assert rests.pauses[-1] == 0.1
    assert (rests.breaker.failures, rests.breaker.resting) == (1, None)


def test_the_third_failure_of_the_store_shows_in_readiness_and_metrics_and_once_in_the_log(rests: Rests):
    with capture_logs() as lines:
        rests.fail(2)
        assert (rests.breaker.resting, rests.shown) == (None, 0)
        rests.fail(2)
    assert rests.breaker.resting == "resting until MongoDB does better, after 4 failures: OSError: no primary"
    assert rests.shown == 1
    assert [line for line in lines if line["log_level"] == "error"] == [
        {"event": "resting", "error": "OSError: no primary", "log_level": "error"}
    ]
    assert [line["tries"] for line in lines if line["event"] == STORE] == [1, 2, 3, 4]
    assert {line["error"] for line in lines} == {"OSError: no primary"}


def test_a_store_that_answers_ends_the_rest_and_leaves_the_pauses_as_long(rests: Rests):
    rests.fail(3)
    with capture_logs() as lines:
        rests.breaker.recover_store()
        rests.breaker.recover_store()
    assert lines == [{"event": "rested", "failures": 3, "log_level": "info"}]
    assert (rests.breaker.resting, rests.shown) == (None, 0)
    rests.fail(1)
    assert rests.pauses[-1] == 1.0, "only a batch shows that messages are handled again"


def test_a_broker_that_is_away_makes_no_service_rest(rests: Rests):
    rests.fail(9, "broker_or_store_lost")
    assert (rests.breaker.resting, rests.shown) == (None, 0)
