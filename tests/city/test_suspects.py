"""Messages that come again are handled in ever smaller parts; only one that ends its process alone is parked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from amqp_stranger import linked
from boxes import INDEXES, SERVICE, BoxDue, build

from shared.engine.amqp.broker import Delivery
from shared.engine.run.service import ServiceSpec
from shared.engine.run.suspects import DEATHS, DELIVERY_COUNT, Suspects
from shared.engine.store.collections import INDEXES as OWN
from shared.engine.store.collections import TIMERS
from shared.engine.store.durability import SETTLED
from shared.engine.store.errors import StoreUnreachableError
from shared.engine.store.outbox import to_outgoing, to_rows
from shared.runtime.clock import CityTime, Clock
from tests.city.mongo import Database
from tests.city.process import NOTHING, build_processor
from tests.city.store import Memory

LIMIT = 200
EVENTS = f"{SERVICE}.events"


class DeathError(BaseException):
    """The process ends here."""


class Room:
    """The suspects of the tiny service over a store in memory; `restart` is another process."""

    def __init__(self) -> None:
        self.database = Database(Memory("test", {**OWN, **INDEXES}), read_concern=SETTLED)
        self.restart()

    def restart(self) -> None:
        processor = build_processor(ServiceSpec(SERVICE, build(), INDEXES), self.database, Clock(), lambda _: None)
        processor.publisher = NOTHING  # type: ignore[assignment]
        processor.outbox = NOTHING  # type: ignore[assignment]
        self.processor = processor
        self.suspects = Suspects(processor, self.database, Clock(), LIMIT)  # type: ignore[arg-type]

    def rows(self, name: str) -> list[dict[str, Any]]:
        return list(self.database.memory.collection(name).by_id.values())

    def handle(self, deliveries: Sequence[Delivery], fatal: str = "") -> list[int]:
        """The parts that were handled, by size. Raises DeathError at the message with that id."""
        done: list[int] = []
        for part in self.suspects.split(deliveries):
            self.suspects.process(self.fatal(fatal, done), part)
        return done

    def fatal(self, name: str, done: list[int] | None = None) -> Callable[[Sequence[Delivery], object], None]:
        """The processing of a part, which ends the process at the message with that name."""

        def process(part: Sequence[Delivery], _: object) -> None:
            if any(name and name in delivery.properties["message_id"] for delivery in part):
                raise DeathError
            self.processor.process(part, [])
            if done is not None:
                done.append(len(part))

        return process


@pytest.fixture
def room() -> Room:
    return Room()


def events(count: int, times: int = 0, name: str = "box") -> list[Delivery]:
    """Events that were handed out so often before."""
    made = [to_outgoing(to_rows([linked(f"{name}-{n}")])[0]) for n in range(count)]
    given = {"application_headers": {DELIVERY_COUNT: times}} if times else {}
    return [
        Delivery(EVENTS, n + 1, o.body, {**o.properties, **given}, o.routing_key, redelivered=times > 0)
        for n, o in enumerate(made)
    ]


def test_messages_that_come_for_the_first_time_are_one_part(room: Room) -> None:
    assert room.handle(events(LIMIT)) == [LIMIT]
    assert room.handle([]) == []


@pytest.mark.parametrize(
    ("times", "sizes"),
    [(1, [25, 50, 25]), (2, [3, 6, 12, 24, 48, 7]), *((n, [1, 2, 4, 8, 16, 32, 37]) for n in (3, 30, 10**9))],
)
def test_the_more_often_they_come_again_the_smaller_is_the_first_part(room: Room, times: int, sizes: list[int]) -> None:
    assert room.handle(events(100, times)) == sizes


def test_the_next_that_come_again_are_handled_with_care_anew(room: Room) -> None:
    assert room.handle(events(20, 3)) == [1, 2, 4, 8, 5]
    assert room.handle(events(90, 3, "more")) == [32, 58], "they have gone well so far"
    assert room.handle(events(5, name="fresh")) == [5]
    assert room.handle(events(20, 3, "other")) == [1, 2, 4, 8, 5]


@pytest.mark.parametrize("odd", ["many", None, -3, 0])
def test_a_count_that_was_tampered_with_is_taken_for_one(room: Room, odd: object) -> None:
    tampered = [
        replace(delivery, properties={**delivery.properties, "application_headers": {DELIVERY_COUNT: odd}})
        for delivery in events(60, 1)
    ]
    assert room.handle(tampered) == [25, 35]


def test_an_event_whose_name_no_store_can_keep_is_handled_alone_under_another(room: Room) -> None:
    (delivery,) = events(1, 3)
    odd = replace(delivery, properties={**delivery.properties, "message_id": "box-\udc80"})
    assert room.handle([odd]) == [1]
    assert room.rows("started") == []


def test_an_event_whose_headers_no_json_can_carry_becomes_a_dead_letter_and_ends_no_process(room: Room) -> None:
    deep: object = "bottom"
    for _ in range(400):
        deep = {"in": deep}
    (odd,) = events(1, name="deep")
    properties = {**odd.properties, "content_type": "text/plain", "application_headers": {"deep": deep}}
    assert room.handle([*events(3), replace(odd, properties=properties)]) == [4]
    (letter,) = room.rows("letters")
    assert letter["history"][0]["code"] == "undecodable"
    assert len(room.rows("boxes")) == 3


def test_parts_keep_the_order_so_that_each_may_be_acknowledged_with_all_before_it(room: Room) -> None:
    mixed = [*events(30, 1, "a"), *events(50, 0, "b"), *events(4, 9, "c"), *events(9, 0, "d")]
    parts = list(room.suspects.split(mixed))
    assert [d for part in parts for d in part] == mixed
    assert [len(part) for part in parts] == [25, 5, 50, 1, 1, 1, 1, 9], "none of them was handled"


@pytest.mark.parametrize("place", [0, 1, 7, 60, 150, 199])
def test_wherever_it_stands_it_is_alone_after_a_few_deaths(room: Room, place: int) -> None:
    waiting = events(LIMIT)
    waiting[place] = events(1, name="poison")[0]
    deaths = 0
    while waiting:
        left = list(waiting)
        try:
            for part in room.suspects.split(waiting):
                room.suspects.process(room.fatal("poison"), part)
                left = left[len(part) :]
        except DeathError:
            deaths += 1
            room.restart()
            waiting = [again(delivery) for delivery in left]
        else:
            waiting = []
    assert deaths <= 1 + 5 + DEATHS
    assert len(room.rows("boxes")) == LIMIT - 1
    (letter,) = room.rows("letters")
    assert letter["history"][-1]["code"] == "process_died"


def again(delivery: Delivery) -> Delivery:
    count = (delivery.headers.get(DELIVERY_COUNT) or 0) + 1
    properties = {**delivery.properties, "application_headers": {DELIVERY_COUNT: count}}
    return replace(delivery, properties=properties, redelivered=True)


def test_one_that_ends_its_process_alone_is_parked_unopened_and_its_neighbours_are_done(room: Room) -> None:
    deliveries = [*events(1, 3, "poison"), *events(3, 3), *events(3, 3, "later")]
    for _ in range(DEATHS):
        with pytest.raises(DeathError):
            room.handle(deliveries, fatal="poison")
        room.restart()
    assert room.handle(deliveries, fatal="poison") == [2, 4]
    (letter,) = room.rows("letters")
    assert letter["history"][-1]["code"] == "process_died"
    assert (letter["kind"], letter["tries"]) == ("event", DEATHS)
    assert {box["_id"] for box in room.rows("boxes")} == {f"{name}-{n}" for name in ("box", "later") for n in range(3)}
    assert room.rows("started") == [], "nothing is left of those that were innocent"


def test_a_process_that_lives_is_no_death_however_often_the_store_or_the_broker_fails(room: Room) -> None:
    (delivery,) = events(1, 9)

    def fail(*_: object) -> None:
        raise StoreUnreachableError("away")

    for _ in range(20):
        with pytest.raises(StoreUnreachableError):
            room.suspects.process(fail, [delivery])
    assert room.handle([delivery]) == [1]
    assert room.rows("letters") == []


def test_deaths_beside_others_count_for_nobody(room: Room) -> None:
    for _ in range(20):
        with pytest.raises(DeathError):
            room.handle(events(25, 1), fatal="box-7")
        room.restart()
    assert room.rows("started") == room.rows("letters") == []


# ---- timers ------------------------------------------------------------------------------------------------------


def set_timers(room: Room, *names: str) -> None:
    """Timers that are due, in this order."""
    for nth, name in enumerate(names):
        due = room.database.memory.now() - timedelta(hours=1) + timedelta(seconds=nth)
        data = {"box_id": name}
        row = {"_id": name, "due": due, "type": BoxDue.type, "data": data, "correlation": "c", "traceparent": ""}
        room.database[TIMERS].insert_one(row)


def fire(room: Room, fatal: str = "") -> list[int]:
    """Another process takes the timers that are due; gives the parts that were handled, by size."""
    room.restart()
    done: list[int] = []

    def process(_: Sequence[Delivery], rows: Sequence[dict[str, Any]]) -> None:
        if any(row["_id"] == fatal for row in rows):
            raise DeathError
        room.processor.process([], rows)
        done.append(len(rows))

    for few in room.suspects.split_timers(room.processor.timers.take_due(CityTime(room.database.memory.now()))):
        room.suspects.process(process, [], few)
    return done


@pytest.fixture
def lapsing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The leases of a process that died are over at once."""
    monkeypatch.setattr("shared.engine.store.due_rows.ROW_LEASE_SECONDS", -1)


@pytest.mark.usefixtures("lapsing")
def test_a_timer_that_ends_its_process_is_parked_and_its_neighbours_are_done(room: Room) -> None:
    set_timers(room, "first", "poison", "last")
    with pytest.raises(DeathError):
        fire(room, "poison")
    for _ in range(DEATHS):
        with pytest.raises(DeathError):
            fire(room, "poison")
    assert {box["_id"] for box in room.rows("boxes")} == {"first"}
    assert fire(room, "poison") == [1]
    assert {box["_id"] for box in room.rows("boxes")} == {"first", "last"}
    (letter,) = room.rows("letters")
    assert (letter["kind"], letter["id"], letter["history"][-1]["code"]) == ("timer", "poison", "process_died")
    assert room.rows("timers") == room.rows("started") == []


@pytest.mark.usefixtures("lapsing")
def test_timers_of_a_process_that_was_stopped_are_done_each_alone_and_none_is_judged(room: Room) -> None:
    set_timers(room, "a", "b", "c")
    for _ in range(9):
        room.restart()
        assert len(room.processor.timers.take_due(CityTime(room.database.memory.now()))) == 3
    assert fire(room) == [1, 1, 1]
    assert room.rows("letters") == room.rows("started") == []


def test_timers_that_nobody_held_are_one_part(room: Room) -> None:
    set_timers(room, "a", "b", "c")
    assert fire(room) == [3]
