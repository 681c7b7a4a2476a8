"""The reads and writes of one message: permitted and refused ones, and the ids and events that it makes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from engine_boxes import AREA, Box, BoxFilled, BoxRemembered, Fill, Fullest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.engine import Get
from shared.engine.decide.access import UnreachedError
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START
from shared.engine.decide.unit_of_work import IdentityMap, NotLoadedError, TimerRow, UnitOfWork, make_id, time_of_id

SOMEBODY = Actor(kind="key", id="key_1", roles=("administrator",), area="1101")


def work_on(*boxes: Box, writable: bool = True, within: str | None = None, **loaded: Any) -> UnitOfWork:
    known = IdentityMap()
    for box in boxes:
        known.remember(Box, box.id, box)
        if within is not None:
            known.within.add(Get(Box, box.id, within))
    known.found_ids.update(loaded.get("found", {}))
    message: Incoming[Any] = Incoming(
        "command", "command:k", "k", "Fill", Fill(box_id="red"), START, "correlation", "trace", actor=SOMEBODY
    )
    work = UnitOfWork(known, message, START)
    work.writable = writable
    return work


def refusal(error: pytest.ExceptionInfo[Refused]) -> tuple[str, str, str, dict[str, Any]]:
    found = error.value
    return found.code, found.rule, found.field or "", dict(found.to_json()["args"])


# ---- reading ---------------------------------------------------------------------------------------------------


def test_an_entity_that_was_not_asked_for_is_a_fault_of_the_handler() -> None:
    with pytest.raises(NotLoadedError, match="Box red was not asked for"):
        work_on().get(Box, "red")


def test_an_entity_outside_the_area_that_it_was_asked_for_in_is_none() -> None:
    work = work_on()
    work._identities.within.add(Get(Box, "red", "1101"))
    assert work.get(Box, "red") is None


def test_an_unknown_id_is_refused_with_the_field_that_named_it() -> None:
    work = work_on()
    work._identities.remember(Box, "red", None)
    with pytest.raises(Refused) as error:
        work.require(Box, "red", "box_id")
    assert refusal(error) == ("not_found", "unknown_id", "box_id", {"kind": "box", "id": "red"})
    assert work_on(Box(id="red", amount=3)).require(Box, "red", "box_id").amount == 3


def test_a_thing_elsewhere_is_refused_word_for_word_as_an_unknown_one() -> None:
    elsewhere = work_on()
    with pytest.raises(UnreachedError) as error:
        elsewhere.reach_found(object(), "3101", "box", "red", "box_id")
    unknown = work_on()
    with pytest.raises(UnreachedError) as other:
        unknown.reach_found(None, "1101", "box", "red", "box_id")
    assert refusal(error) == refusal(other) == ("not_found", "unknown_id", "box_id", {"kind": "box", "id": "red"})
    assert elsewhere.reach_decided
    assert unknown.reach_decided
    assert elsewhere.reached == {}


def test_a_thing_in_the_area_is_reached_and_noted_with_its_area() -> None:
    work = work_on()
    assert not work.reach_decided
    assert work.reach_found("thing", AREA, "box", "red", "box_id") == "thing"
    assert work.reached == {"red": AREA}


def test_an_entity_is_reached_only_where_it_was_loaded_within_the_area_of_the_actor() -> None:
    with pytest.raises(NotLoadedError, match="Box red was not asked for within the area of the actor"):
        work_on(Box(id="red")).reach(Box, "red", "box_id")
    with pytest.raises(UnreachedError) as error:  # a box has no area, which is outside of any
        work_on(Box(id="red"), within="1101").reach(Box, "red", "box_id")
    assert refusal(error) == ("not_found", "unknown_id", "box_id", {"kind": "box", "id": "red"})


def test_only_what_the_batch_lacks_is_missing() -> None:
    work = work_on(Box(id="red"), found={Fullest(1): ()})
    within = Get(Box, "red", "1101")
    assert work.missing([Get(Box, "red"), Get(Box, "blue"), Fullest(1), Fullest(2), within]) == [
        Get(Box, "blue"), Fullest(2), within
    ]  # fmt: skip
    work._identities.within.add(within)
    assert work.missing([within]) == []


def test_a_query_shows_the_batchs_own_writes_best_first_and_its_limit() -> None:
    boxes = [Box(id=name, version=1, amount=amount) for name, amount in (("a", 1), ("b", 5), ("c", 3))]
    work = work_on(*boxes, found={Fullest(2): ("b", "c")})
    assert [box.id for box in work.find(Fullest(2))] == ["b", "c"]
    work.put(boxes[0].model_copy(update={"amount": 9}))
    assert [box.id for box in work.find(Fullest(2))] == ["a", "b"], "two at most"
    work.put(boxes[1].model_copy(update={"amount": 1}))
    assert [box.id for box in work.find(Fullest(2))] == ["a", "c"]
    with pytest.raises(NotLoadedError, match="was not asked for"):
        work.find(Fullest(7))


def test_the_result_of_a_query_belongs_to_its_caller() -> None:
    work = work_on(Box(id="a", amount=4), found={Fullest(1): ("a",)})
    work.find(Fullest(1)).clear()
    assert [box.id for box in work.find(Fullest(1))] == ["a"]


# ---- writing ---------------------------------------------------------------------------------------------------


def test_nothing_is_written_before_the_turn() -> None:
    work, box = work_on(Box(id="red", version=1), writable=False), Box(id="red", version=1)
    for write in (
        lambda: work.put(box),
        lambda: work.emit(BoxFilled(box_id="red", amount=1), about=box, area=AREA),
        lambda: work.remind("red", START, BoxRemembered(box_id="red")),
        lambda: work.forget("red"),
    ):
        with pytest.raises(AssertionError, match="only after"):
            write()
    assert (work.staged, work.events, work.timers) == ({}, [], {})


def test_each_put_raises_the_version_by_one_and_the_message_sees_it() -> None:
    work = work_on(Box(id="red", version=4, amount=1))
    first = work.put(Box(id="red", version=4, amount=2))
    second = work.put(first.model_copy(update={"amount": 3}))
    assert (first.version, second.version) == (5, 6)
    assert work.get(Box, "red") == second
    assert work.put(Box(id="new")).version == 1


def test_an_entity_that_has_changed_since_it_was_read_is_not_put() -> None:
    work = work_on(Box(id="red", version=4))
    with pytest.raises(NotLoadedError, match="version 3 is put, 4 is current"):
        work.put(Box(id="red", version=3))
    with pytest.raises(NotLoadedError, match="version 2 is put, 0 is current"):
        work.put(Box(id="never loaded", version=2))


def test_an_event_tells_who_caused_it_and_several_about_one_version_are_told_apart() -> None:
    work = work_on()
    box = work.put(Box(id="red", amount=1))
    first = work.emit(BoxFilled(box_id="red", amount=1), about=box, area=AREA)
    second = work.emit(BoxFilled(box_id="red", amount=2), about=box, area=AREA)
    other = work.emit_about(BoxFilled(box_id="x", amount=2), subject="blue", version=7, area="1101")
    assert (first.subject, first.version, first.area, first.time) == ("red", 1, AREA, START)
    assert (first.correlationid, first.causationid, first.traceparent) == ("correlation", "k", "trace")
    assert (other.subject, other.version, other.area) == ("blue", 7, "1101")
    assert [event.id for event in (first, second, other)] == ["red.1.0", "red.1.1", "blue.7.0"]
    assert work.events == [first, second, other]


def test_a_timer_carries_the_correlation_of_its_message_and_the_last_word_counts() -> None:
    work = work_on()
    due = START + timedelta(minutes=3)
    work.remind("red", due, BoxRemembered(box_id="red"))
    assert work.timers == {"red": TimerRow("red", due, BoxRemembered(box_id="red"), "correlation", "trace")}
    work.forget("red")
    assert work.timers == {"red": TimerRow("red")}
    assert work.timers["red"].timer is None


def test_a_timer_that_is_set_again_for_an_instant_in_the_past_is_not_taken_for_the_one_that_has_fired() -> None:
    work = work_on()
    work.remind("red", START - timedelta(minutes=3), BoxRemembered(box_id="red"))
    assert work.timers["red"].due == START + timedelta(milliseconds=1)
    work.remind("blue", START, BoxRemembered(box_id="blue"))
    assert work.timers["blue"].due == START


# ---- ids -------------------------------------------------------------------------------------------------------


def test_an_id_is_the_same_whenever_and_wherever_its_message_is_handled_again() -> None:
    first, again = work_on(), work_on()
    made = [first.new_id("need") for _ in range(3)]
    assert made == [again.new_id("need") for _ in range(3)]
    assert len(set(made)) == 3
    # Literally: another release must make it as well.
    assert make_id("need", START, "seed") == "need_1kjp0y9m0fn9c6kc7c0r"


def test_ids_rise_with_time_and_show_it_in_milliseconds() -> None:
    instants = [START + timedelta(milliseconds=n) for n in (0, 1, 999, 86_400_000)]
    ids = [make_id("need", at, f"seed {n}") for n, at in enumerate(instants)]
    assert ids == sorted(ids)
    assert {len(made) for made in ids} == {len("need_") + 20}
    assert [time_of_id(made) for made in ids] == instants
    assert time_of_id(make_id("need", START + timedelta(microseconds=1_999), "s")) == START + timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["", "need_", "need_1", "need_" + "0" * 19, "need_" + "0" * 21, "need_" + "u" * 20])
def test_any_other_text_shows_no_time(text: str) -> None:
    assert time_of_id(text) is None
    assert time_of_id("0" * 20) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_query_shows_what_an_earlier_message_of_the_batch_has_changed_since_it_was_asked() -> None:
    work = work_on(Box(id="a", version=1, amount=4), found={Fullest(1): ("a",)})
    assert [box.amount for box in work.find(Fullest(1))] == [4]
    work._identities.entities[Box, "a"] = Box(id="a", version=2, amount=7)
    work._identities.entities[Box, "b"] = Box(id="b", version=1, amount=9)
    work._identities.changed_ids[Box] = {"a", "b"}
    assert [box.amount for box in work.find(Fullest(1))] == [9, 7]
