"""L2: in any order and with any repetition of the answers, the need ends in the same state."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from stations_in_memory import StationsInMemory, link_event, staffing_event

from services.stations.needs.domain.need import Need, derive_state
from services.stations.needs.domain.progress import linked, staffed
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.amending import AmendNeed
from shared.engine.decide.memory import START

WAITING = (Waiting(for_what=reason("l1"), reason=reason("no_rice"), next_step=reason("the_next_gift")),)
LINKS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from([0, 4999, 5000]),
        st.sampled_from([ResourcesLinked, ResourcesReleased, ResourcesDelivered]),
        st.sampled_from([(), WAITING]),
    ),
    max_size=6,
)
STAFFINGS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["searching", "offered", "waiting", "staffed", "serving", "served", "credited"]),
    ),
    max_size=6,
)
PATH = {"timeline", "version", "announced", "step_due"}
"""How it got there is the story of one order of arrival; where it got to is not."""


def history(need_id: str, links: list[Any], staffings: list[Any]) -> Iterator[Any]:
    for version, (rice, money, kind, waiting) in enumerate(links, 1):
        yield link_event(need_id, version, (rice, money), kind, waiting=waiting)
    for version, (confirmed, state) in enumerate(staffings, 1):
        yield staffing_event(need_id, version, confirmed, state)


@given(links=LINKS, staffings=STAFFINGS, data=st.data())
def test_any_order_and_repetition_of_the_answers_gives_the_same_need(
    links: list[Any],
    staffings: list[Any],
    data: st.DataObject,
):
    stations, other = StationsInMemory(), StationsInMemory()
    need_id = stations.register().id
    assert other.register().id == need_id
    answers = list(history(need_id, links, staffings))
    again = data.draw(st.lists(st.sampled_from(answers), max_size=6)) if answers else []
    shuffled = data.draw(st.permutations(answers + again))

    in_order = apply_all(stations.need(need_id), answers)
    receive_one_by_one(stations, answers)
    receive_as_one_batch(other, shuffled)

    for found in (stations.need(need_id), other.need(need_id)):
        assert found.model_dump(exclude=PATH) == in_order.model_dump(exclude=PATH)
        assert found.state == derive_state(found)


def apply_all(need: Need, answers: list[Any], now: datetime = START) -> Need:
    for data in answers:
        need = (linked if "link" in data.type else staffed)(need, data, now)
    return need


def receive_one_by_one(stations: StationsInMemory, answers: list[Any]):
    for data in answers:
        stations.receive(data)


def receive_as_one_batch(stations: StationsInMemory, answers: list[Any]):
    # A key for each copy: here the need's own guard must see that it has this answer already.
    engine = stations.engine
    engine.batch([engine.incoming("event", data, data.type, f"copy-{i}") for i, data in enumerate(answers)])


@given(links=LINKS, staffings=STAFFINGS)
def test_the_last_event_has_the_state_that_is_stored(links: list[Any], staffings: list[Any]):
    stations = StationsInMemory()
    need_id = stations.register().id
    receive_one_by_one(stations, history(need_id, links, staffings))

    last = [e.data for e in stations.engine.events if e.subject == need_id][-1]
    need = stations.need(need_id)
    assert (last.state, last.version) == (need.state, need.announced)


@given(links=LINKS, staffings=STAFFINGS)
def test_a_stored_need_comes_back_as_it_was(links: list[Any], staffings: list[Any]):
    stations = StationsInMemory()
    need_id = stations.register().id
    receive_one_by_one(stations, history(need_id, links, staffings))

    need = stations.need(need_id)
    assert Need.from_document(need.to_document()) == need


@given(links=LINKS, nth=st.integers(0, 6))
def test_whenever_an_amendment_comes_the_last_answer_decides_and_nothing_counts_beyond_it(links: list[Any], nth: int):
    stations = StationsInMemory()
    need_id = stations.register(volunteers=None).id
    # No amount goes below the delivered one: that is refused.
    held = [(rice, money, ResourcesLinked, waiting) for rice, money, _, waiting in links]
    answers = list(history(need_id, held, []))
    receive_one_by_one(stations, answers[:nth])
    less = {"need_id": need_id, "lines": [{"line_id": "l1", "quantity": 2}], "reason_code": "entered_wrongly"}
    stations.engine.command(AmendNeed.model_validate(less))
    for data in answers[nth:]:
        stations.receive(data)
        need = stations.need(need_id)
        assert all(have <= line.requested for have, line in zip(need.committed, need.lines, strict=True))
    stations.receive(link_event(need_id, 99, (2, 5000)))
    assert (stations.need(need_id).committed, stations.need(need_id).state) == ((2, 5000), "ready")
