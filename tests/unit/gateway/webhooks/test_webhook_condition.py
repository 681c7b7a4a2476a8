"""The condition of an endpoint: single messages that fail, an endpoint that fails, and a pause that it asks for."""

from datetime import UTC, datetime, timedelta

from services.gateway.deliveries.condition import DISABLED_AFTER, Condition
from services.gateway.deliveries.records import attempt_failure

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def failure(at: datetime = NOON):  # type: ignore[no-untyped-def]
    return attempt_failure("webhook_refused", at, status=500)


def test_one_message_that_fails_does_not_hold_back_the_others() -> None:
    condition = Condition()
    condition.fail(failure(), 0)
    condition.succeed(NOON)
    condition.fail(failure(), 0)
    assert not condition.troubled
    assert not condition.is_held(NOON)


def test_an_endpoint_that_takes_nothing_is_probed_and_is_sent_all_once_it_takes_one() -> None:
    condition = Condition()
    for _ in range(3):
        condition.fail(failure(), 0)
    assert condition.troubled
    assert condition.held_until == NOON + timedelta(seconds=5)
    assert condition.succeed(NOON + timedelta(seconds=6)), "the trouble is over"
    assert not condition.is_held(NOON)


def test_a_message_that_was_under_way_does_not_end_the_pause_that_the_endpoint_has_asked_for() -> None:
    condition = Condition()
    condition.fail(failure(), 0, NOON + timedelta(minutes=2))
    condition.succeed(NOON + timedelta(seconds=1))
    assert condition.is_held(NOON + timedelta(minutes=1))
    assert not condition.is_held(NOON + timedelta(minutes=2))


def test_an_endpoint_is_given_up_after_five_days_without_a_message_taken() -> None:
    condition = Condition()
    condition.fail(failure(), 0)
    condition.fail(failure(NOON + timedelta(days=4)), 0)
    assert not condition.is_given_up(NOON + timedelta(days=4))
    assert condition.is_given_up(NOON + DISABLED_AFTER)
    condition.succeed(NOON + timedelta(days=4))
    assert not condition.is_given_up(NOON + DISABLED_AFTER)
