"""The answers of queries: validated, found by their type, and on record before anything personal is opened."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event, Semaphore
from typing import Any, ClassVar

import pymongo
import pytest
from pymongo.errors import ExecutionTimeout, OperationFailure

from shared.contracts.access import Actor
from shared.contracts.messages import QUERIES, Answer, AuditedQuery, AuditedSearch, Query, answer_type, query
from shared.engine import Capability, Sealed
from shared.engine.run import queries
from shared.engine.run.queries import QueryRunner
from shared.engine.run.service import Declaration
from shared.runtime.audit import AUDIT

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class BoxAnswer(Answer):
    id: str


class CountBox(Query[BoxAnswer | None]):
    to: ClassVar[str] = "toys"
    type: ClassVar[str] = "CountBox"
    box_id: str


class OpenBoxes(AuditedQuery[BoxAnswer]):
    to: ClassVar[str] = "toys"
    type: ClassVar[str] = "OpenBoxes"
    recorded_as: ClassVar[str] = "boxes"
    about: ClassVar[str] = "box_ids"
    box_ids: tuple[str, ...]


class SearchBoxes(AuditedSearch[BoxAnswer]):
    to: ClassVar[str] = "toys"
    type: ClassVar[str] = "SearchBoxes"
    recorded_as: ClassVar[str] = "box_search"
    colour: str


class Rows(list[dict[str, Any]]):
    def insert_one(self, row: dict[str, Any]) -> None:
        self.append(row)


class Store(dict[str, Rows]):
    """As much of a store as the audit needs, and the order in which things happened."""

    def __init__(self) -> None:
        super().__init__({AUDIT: Rows()})


def count_box(asked: CountBox, store: Store) -> BoxAnswer | None:
    return BoxAnswer(id=asked.box_id) if asked.box_id == "box_1" else None


def open_boxes(asked: OpenBoxes, store: Store, _: Actor, vault: list[int]) -> Sealed[BoxAnswer] | None:
    there = tuple(box_id for box_id in asked.box_ids if box_id == "box_1")

    def opened() -> BoxAnswer:
        vault.append(len(store[AUDIT]))  # the rows that were written before
        return BoxAnswer(id=",".join(there))

    return Sealed(there, opened)


def search_boxes(asked: SearchBoxes, store: Store, actor: Actor) -> Sealed[BoxAnswer]:
    found = ("box_1", "box_2") if asked.colour == "red" else ()
    return Sealed(found, lambda: BoxAnswer(id=f"{len(found)} after {len(store[AUDIT])}"), areas=(actor.area,))


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (CountBox, OpenBoxes, SearchBoxes):
        monkeypatch.setitem(QUERIES, ("toys", kind.type), kind)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def vault() -> list[int]:
    return []


@pytest.fixture
def runner(store: Any, vault: list[int]) -> QueryRunner:
    table = {CountBox: count_box, OpenBoxes: open_boxes, SearchBoxes: search_boxes}
    declared = Declaration("toys", (Capability("boxes", queries=table),))
    return QueryRunner("toys", declared.queries(vault=vault), store, lambda: NOW)


OFFICER = Actor(kind="key", id="officer", roles=("personal_reader",))


def asked(kind: str, reader: Actor | None = None, why: str = "", **data: Any) -> dict[str, Any]:
    return {"type": kind, "data": data, "actor": None if reader is None else reader.model_dump(), "why": why}


def test_a_query_is_answered_by_the_function_of_its_type(runner: QueryRunner):
    assert runner.answer(asked("CountBox", box_id="box_1")) == {"ok": {"id": "box_1"}}
    assert runner.answer(asked("CountBox", box_id="box_9")) == {"ok": None}


@pytest.mark.parametrize("data", [{}, {"box_id": 7}, {"box_id": "box_1", "hint": "x"}])
def test_a_query_that_breaks_its_form_is_refused_with_the_field(runner: QueryRunner, data: dict[str, Any]):
    error = runner.answer(asked("CountBox", **data))["error"]
    assert error["code"] == "invalid"
    assert error["field"] in {"box_id", "hint"}


@pytest.mark.parametrize("sent", [None, 7, [], {"type": "CountBox"}])
def test_what_is_no_query_is_refused(runner: QueryRunner, sent: object):
    assert runner.answer(sent)["error"]["code"] == "invalid"


def test_a_query_of_a_newer_gateway_is_answered_later(runner: QueryRunner):
    assert runner.answer(asked("CountBox.v2"))["error"]["code"] == "unavailable"


def test_a_newer_gateway_may_add_to_the_envelope(runner: QueryRunner):
    sent = {**asked("CountBox", box_id="box_1"), "added_by_a_newer_gateway": 1}
    assert runner.answer(sent) == {"ok": {"id": "box_1"}}


def test_the_record_names_the_request_that_asked(runner: QueryRunner, store: Store):
    runner.answer({**asked("OpenBoxes", OFFICER, "a letter", box_ids=["box_1"]), "correlation": "the-request"})
    runner.answer(asked("OpenBoxes", OFFICER, "as release 0.2.0 asks", box_ids=["box_1"]))
    assert [row["correlation"] for row in store[AUDIT]] == ["the-request", ""]
    long = {**asked("OpenBoxes", OFFICER, "w", box_ids=["box_1"]), "correlation": "x" * 129}
    assert runner.answer(long)["error"]["field"] == "correlation"


def test_a_read_of_personal_data_is_on_record_before_it_is_opened(runner: QueryRunner, store: Store, vault: list[int]):
    reply = runner.answer(asked("OpenBoxes", OFFICER, "a letter", box_ids=["box_1", "box_9"]))
    assert reply == {"ok": {"id": "box_1"}}
    (row,) = store[AUDIT]
    assert (row["by"], row["why"], row["what"], row["at"]) == (["officer"], "a letter", "boxes", NOW)
    assert row["about"] == ["box_1"], "a subject that does not exist is not on record"
    assert vault == [1]


def test_nobody_is_on_record_for_subjects_that_do_not_exist(runner: QueryRunner, store: Store):
    runner.answer(asked("OpenBoxes", OFFICER, "a letter", box_ids=["box_9"]))
    assert not store[AUDIT]


def test_a_search_is_on_record_with_all_that_it_finds_and_also_where_it_finds_nobody(runner: QueryRunner, store: Store):
    officer = OFFICER.model_copy(update={"area": "110102"})
    assert runner.answer(asked("SearchBoxes", officer, "a letter", colour="red")) == {"ok": {"id": "2 after 1"}}
    assert runner.answer(asked("SearchBoxes", officer, "a letter", colour="blue")) == {"ok": {"id": "0 after 2"}}
    found, nothing = store[AUDIT]
    assert (found["what"], found["about"], found["areas"]) == ("box_search", ["box_1", "box_2"], ["110102"])
    assert (nothing["what"], nothing["about"], nothing["areas"]) == ("box_search", [], ["110102"])
    assert "red" not in str(found)
    assert runner.answer(asked("SearchBoxes", officer, " ", colour="red"))["error"]["rule"] == "audited"
    assert len(store[AUDIT]) == 2


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ((None, "a letter"), "actor_missing"),
        ((OFFICER, " "), "audited"),
        ((OFFICER.model_copy(update={"roles": ("reader",)}), "a letter"), "permission_missing"),
    ],
)
def test_nothing_personal_is_read_without_a_reader_who_may_and_a_reason(
    runner: QueryRunner, store: Store, vault: list[int], given: tuple[Actor | None, str], rule: str
):
    error = runner.answer(asked("OpenBoxes", *given, box_ids=["box_1"]))["error"]
    assert error["rule"] == rule
    assert not store[AUDIT]
    assert not vault


def test_a_handler_that_opens_by_itself_is_a_fault(store: Any):
    runner = QueryRunner("toys", {"OpenBoxes": lambda _, __, ___: BoxAnswer(id="open")}, store, lambda: NOW)
    with pytest.raises(TypeError, match="returns Sealed"):
        runner.answer(asked("OpenBoxes", OFFICER, "a letter", box_ids=["box_1"]))


def test_a_record_about_others_than_were_asked_for_is_a_fault(store: Any):
    handler = {"OpenBoxes": lambda _, __, ___: Sealed(("box_7",), lambda: BoxAnswer(id="open"))}
    with pytest.raises(TypeError, match="the subjects of the query"):
        QueryRunner("toys", handler, store, lambda: NOW).answer(asked("OpenBoxes", OFFICER, "w", box_ids=["box_1"]))


def test_a_query_without_an_answer_or_with_anothers_name_is_refused_at_import():
    class NoAnswer(Query):  # type: ignore[type-arg]
        to: ClassVar[str] = "toys"
        type: ClassVar[str] = "CountBox"

    with pytest.raises(TypeError, match="declares no answer"):
        answer_type(NoAnswer)
    with pytest.raises(ValueError, match="two queries to toys"):
        query(NoAnswer)


def test_a_service_answers_a_query_once_and_only_its_own():
    boxes = Capability("boxes", queries={CountBox: count_box})
    with pytest.raises(ValueError, match="answers CountBox twice"):
        Declaration("toys", (boxes, Capability("crates", queries={CountBox: count_box})))
    with pytest.raises(ValueError, match="for another service"):
        Declaration("games", (boxes,))


def test_a_query_whose_function_needs_what_nobody_gives_stops_the_start():
    declared = Declaration("toys", (Capability("boxes", queries={OpenBoxes: open_boxes}),))
    with pytest.raises(TypeError, match="vault"):
        declared.queries()


# ---- room and time ----------------------------------------------------------------------------------------------


def test_a_query_beyond_the_bound_is_refused_for_now_and_one_that_finds_room_is_answered(
    store: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(queries, "ROOM_SECONDS", 0.05)
    entered, go_on = Semaphore(0), Event()

    def wait(query: CountBox, _: Any) -> BoxAnswer:
        entered.release()
        assert go_on.wait(10)
        return BoxAnswer(id=query.box_id)

    runner = QueryRunner("toys", {"CountBox": wait}, store, lambda: NOW)
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(runner.answer, asked("CountBox", box_id=name)) for name in ("one", "two")]
        assert all(entered.acquire(timeout=10) for _ in slow)
        error = runner.answer(asked("CountBox", box_id="three"))["error"]
        assert (error["code"], error["rule"]) == ("unavailable", "too_many_waiting")
        go_on.set()
        assert [done.result()["ok"]["id"] for done in slow] == ["one", "two"]
    assert runner.answer(asked("CountBox", box_id="four")) == {"ok": {"id": "four"}}


def test_a_query_that_the_store_takes_too_long_over_is_refused_by_name_and_leaves_its_room(
    store: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(queries, "MOST_AT_ONCE", 1)

    def overrun(_: CountBox, __: Any) -> BoxAnswer:
        left = pymongo._csot.remaining()
        assert 0 < (left or 0) <= queries.ANSWER_SECONDS, "all of its calls share one limit"
        raise ExecutionTimeout("operation exceeded time limit", 50, {})

    runner = QueryRunner("toys", {"CountBox": overrun}, store, lambda: NOW)
    for _ in range(2):
        error = runner.answer(asked("CountBox", box_id="box_1"))["error"]
        assert (error["code"], error["rule"], error["args"]["seconds"]) == ("deadline", "no_answer_in_time", 5)


def test_another_fault_of_the_store_is_no_matter_of_time(store: Any):
    def fail(_: CountBox, __: Any) -> BoxAnswer:
        raise OperationFailure("bad value", 2, {})

    with pytest.raises(OperationFailure):
        QueryRunner("toys", {"CountBox": fail}, store, lambda: NOW).answer(asked("CountBox", box_id="box_1"))
