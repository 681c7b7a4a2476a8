"""L1 and L2 of the engine: each message is applied once, whether it arrives twice, with others or damaged."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from amqp_stranger import Stranger, events_of, fill, linked
from engine_support import Room, until
from failed_messages import dead

pytestmark = pytest.mark.integration


def test_an_event_is_applied_and_what_follows_from_it_is_told(here: Room, stranger: Stranger):
    here.start()
    stranger.event(linked("red"))
    until(lambda: here.amounts() == {"red": 1}, "the box to be filled")
    until(lambda: here.outbox() == 0, "an empty outbox")
    told = [event for event in stranger.heard() if event.source.startswith("/stations/")]
    assert [(e.type, e.subject, e.version) for e in told] == [("stations.station.opened", "red", 1)]
    assert (told[0].causationid, told[0].correlationid) == ("/charity/link#red.1.0", "about-red")


def test_the_same_event_three_times_in_any_order_counts_once(here: Room, stranger: Stranger):
    events = [linked(f"box-{n % 20}", n) for n in range(100)] * 3
    random.Random(7).shuffle(events)
    here.start(batch_limit=16)
    for event in events:
        stranger.event(event)
    stranger.event(linked("last"))
    until(lambda: here.amounts().get("last"), "all events to be handled")
    assert here.amounts() == {f"box-{n}": 5 for n in range(20)} | {"last": 1}


def test_the_same_messages_on_two_replicas_at_once_count_once(here: Room, stranger: Stranger):
    for n in range(300):
        for _ in range(2):
            stranger.event(linked(f"box-{n}"))
    here.start(batch_limit=25, prefetch=25)
    here.start(batch_limit=25, prefetch=25)
    until(lambda: len(here.amounts()) == 300 and not stranger.depth("stations.events"), "all events to be handled")
    for running in here.loops:
        running.stop()
    assert set(here.amounts().values()) == {1}


def test_two_replicas_over_one_hot_document_lose_nothing_and_double_nothing(here: Room, stranger: Stranger):
    here.start(batch_limit=10, prefetch=10)
    here.start(batch_limit=10, prefetch=10)
    asked = [stranger.command(fill("hot", 1)) for _ in range(400)]
    answers = [stranger.answer(correlation) for correlation in asked]
    assert here.amounts() == {"hot": 400}
    assert sorted(a["ok"]["amount"] for a in answers) == list(range(1, 401))
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert events_of("hot", stranger.heard()) == list(range(1, 401))


def test_one_bad_message_among_two_thousand_harms_no_other(here: Room, stranger: Stranger):
    for n in range(2000):
        stranger.event(linked("broken" if n == 1234 else f"box-{n % 50}", n))
    here.start()
    until(lambda: sum(here.amounts().values()) == 1999, "the others to be applied")
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert "broken" not in here.amounts()


@pytest.mark.parametrize("how", ["fail", "refuse", "huge", "odd"])
def test_bad_commands_among_many_are_answered_and_leave_no_trace(here: Room, stranger: Stranger, how: str):
    asked = [stranger.command(fill(f"box-{n % 10}", 1, how if n % 40 == 7 else "")) for n in range(200)]
    here.start()
    answers = [stranger.answer(correlation) for correlation in asked]
    code = "wrong_state" if how == "refuse" else "failed"
    assert [a["error"]["code"] for a in answers if "error" in a] == [code] * 5
    assert sum(here.amounts().values()) == 195
    assert not [box for box in here.amounts() if box.endswith("huge")]


def test_a_stored_document_that_no_longer_fits_holds_only_its_own_messages(here: Room, stranger: Stranger):
    here.database["boxes"].insert_one({"_id": "odd", "version": 1, "amount": "not a number"})
    here.start()
    asked = [stranger.command(fill("odd" if n == 11 else f"box-{n}")) for n in range(30)]
    answers = [stranger.answer(correlation) for correlation in asked]
    assert [n for n, answer in enumerate(answers) if "error" in answer] == [11]
    (letter,) = dead(here.database)
    assert "boxes odd: ValidationError: amount: int_parsing" in letter["history"][0]["error"], "an operator finds it"


def test_a_message_that_can_never_be_stored_beside_another_holds_no_other(here: Room, stranger: Stranger):
    """Its box breaks a unique index at every try: that must not look like a race that the next try wins."""
    here.database["boxes"].create_index("amount", unique=True, partialFilterExpression={"amount": 5})
    here.start()
    assert stranger.ask(fill("first", 5))["ok"] == {"amount": 5}
    asked = [stranger.command(fill("second", 5)), *(stranger.command(fill(f"box-{n}")) for n in range(30))]
    answers = [stranger.answer(correlation) for correlation in asked]
    assert answers[0]["error"]["code"] == "conflict"
    assert all("ok" in answer for answer in answers[1:])


def test_stopping_in_the_middle_of_load_loses_nothing_and_doubles_nothing(here: Room, stranger: Stranger):
    for n in range(1500):
        stranger.event(linked(f"box-{n % 100}", n))
    rounds = 0
    while sum(here.amounts().values()) < 1500:
        before = sum(here.amounts().values())
        running = here.start(batch_limit=20, prefetch=200)
        until(lambda before=before: sum(here.amounts().values()) > before, "some progress")  # type: ignore[misc]
        asked_at = time.monotonic()
        running.stop(5)
        assert time.monotonic() - asked_at < 5
        rounds += 1
    assert rounds > 3, "too quick to have been stopped in the middle"
    assert set(here.amounts().values()) == {15}
    assert dead(here.database) == []


@contextmanager
def transactions_of(room: Room, seconds: int) -> Iterator[None]:
    """So long MongoDB keeps an idle transaction: on a busy machine the test is slower than the platform's three."""
    admin = room.database.client.admin
    parameter = "transactionLifetimeLimitSeconds"
    before = admin.command("getParameter", 1, **{parameter: 1})[parameter]
    admin.command("setParameter", 1, **{parameter: seconds})
    try:
        yield
    finally:
        admin.command("setParameter", 1, **{parameter: before})


def test_what_a_killed_process_was_just_committing_is_locked_for_a_while_and_lost_for_nobody(
    here: Room, stranger: Stranger
):
    here.start()
    assert "ok" in stranger.ask(fill("red"))
    with transactions_of(here, seconds=60), here.database.client.start_session() as session:
        session.start_transaction()
        here.database["boxes"].update_one({"_id": "red"}, {"$inc": {"version": 1}}, session=session)
        stranger.event(linked("red"))
        asked = stranger.command(fill("red"), key="same")
        others = [stranger.command(fill(f"box-{n}")) for n in range(20)]
        assert all("ok" in stranger.answer(correlation) for correlation in others)
        assert stranger.answer(asked)["error"]["code"] == "unavailable"
        session.abort_transaction()
    assert "ok" in stranger.ask(fill("red"), key="same")
    until(lambda: here.amounts()["red"] == 3, "the event to be tried again")
    assert dead(here.database) == []
