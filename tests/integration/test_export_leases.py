"""The lease of an export on MongoDB: one worker at a time, and nothing of one that has lost it is read."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from gateway_stack import RunningGateway
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.read_concern import ReadConcern

from services.gateway.exports.holding import Hold, Holding, LostError
from services.gateway.features.exports.records import EXPORTS, INDEXES, PARTS, TURNS, Export
from services.gateway.features.exports.store import Exports
from services.gateway.http.problems import Problem
from shared.contracts.reasons import reason
from shared.engine.store.collections import ensure_indexes

pytestmark = pytest.mark.integration
NOW = datetime.now(UTC)


@pytest.fixture
def store(gateway: RunningGateway) -> Iterator[Any]:
    """A store of its own, which no worker of the stack looks at."""
    with gateway.database("lent") as database:
        ensure_indexes(database, INDEXES, engine=False)
        yield database.with_options(read_concern=ReadConcern("majority"), read_preference=ReadPreference.PRIMARY)
        for name in (EXPORTS, PARTS, TURNS, "audit"):
            database[name].drop()


def asked(store: Any, number: int = 1) -> str:
    export = Export(
        id=f"export_{number}", request=f"request {number}", fingerprint="", principal="p", area="", report="needs",
        period="2026-03", begun_at=NOW, until=NOW - timedelta(seconds=number),
    )  # fmt: skip
    store[EXPORTS].insert_one(export.to_document())
    return export.id


def shown(store: Any, export_id: str) -> Export:
    return Export.from_document(store[EXPORTS].find_one({"_id": export_id}))


def lapse(store: Any) -> None:
    store[EXPORTS].update_many({}, {"$set": {"until": NOW - timedelta(days=1)}})


def test_one_worker_has_an_export_until_its_lease_ends_and_then_writes_nothing_more(store: Any, tmp_path: Path) -> None:
    first, second = Holding(store), Holding(store)
    asked(store)
    export = first.take()
    assert export is not None
    assert (export.state, export.attempts, export.deaths, second.take()) == ("running", 1, 0, None)
    file = tmp_path / "file"
    file.write_bytes(b"a" * 1_500_000)
    hold = Hold(export)
    assert first.store(hold, file) == (2, 1_500_000)
    lapse(store)
    taken = second.take()
    assert taken is not None
    assert (taken.attempts, taken.deaths, store[PARTS].count_documents({})) == (2, 1, 0)
    first.renew(hold)
    with pytest.raises(LostError):
        first.store(hold, file)
    assert not first.finish(hold, 2, 1_500_000)
    assert not first.fail(export, reason("export_not_written"))
    other = Hold(taken)
    other.note(7)
    assert second.store(other, file) == (2, 1_500_000)
    assert second.finish(other, 2, 1_500_000)
    done = shown(store, export.id)
    assert (done.state, done.rows, done.size, done.holder) == ("done", 7, 1_500_000, "")
    assert done.kept_until is not None
    assert done.ended_at is not None
    # As where the answer to the end was lost, and the worker takes the store for away.
    second.give_back(taken)
    second.drop(taken)
    assert shown(store, export.id) == done
    assert second.sweep() == 0
    assert store[PARTS].count_documents({"attempt": 2}) == 2
    store[EXPORTS].delete_one({"_id": export.id})
    assert second.sweep() == 2


def test_exports_are_taken_in_their_order_and_one_that_is_given_back_is_no_death(store: Any) -> None:
    worker = Holding(store)
    first, second = asked(store, 1), asked(store, 2)
    taken = [worker.take() for _ in range(3)]
    assert [each and each.id for each in taken] == [first, second, None]
    assert taken[0] is not None
    worker.give_back(taken[0])
    again = worker.take()
    assert again is not None
    assert (again.id, again.attempts, again.deaths) == (first, 2, 0)
    assert worker.fail(again, reason("export_given_up", count=2))
    failed = shown(store, first)
    assert failed.problem is not None
    assert (failed.state, failed.problem.code, failed.problem.args) == ("failed", "export_given_up", {"count": 2})


def test_a_cancelled_export_is_lost_to_its_worker(store: Any) -> None:
    worker = Holding(store)
    asked(store)
    export = worker.take()
    assert export is not None
    store[EXPORTS].update_one({"_id": export.id}, {"$set": {"state": "cancelled"}})
    hold = Hold(export)
    worker.renew(hold)
    with pytest.raises(LostError):
        hold.note(1)
    lapse(store)
    assert worker.take() is None
    assert worker.waiting_seconds() == 0.0


async def begin_at_once(uri: str, name: str, exports: list[Export]) -> list[object]:
    """Begin them all in one moment, as replicas of the API do; return the outcome of each, also a refusal."""
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        store = Exports(client[name])
        begun = (store.add(each, {"_id": f"row_{each.id}"}) for each in exports)
        return await asyncio.gather(*begun, return_exceptions=True)


def test_of_exports_that_begin_at_once_no_more_than_three_are_open(gateway: RunningGateway, store: Any) -> None:
    asked(store)
    new = [
        Export(
            id=f"export_at_once_{number}", request=f"at once {number}", fingerprint="", principal="p", area="",
            report="needs", period="2026-03", begun_at=NOW, until=NOW,
        )
        for number in range(6)
    ]  # fmt: skip
    uri, name = gateway.room.mongo_uri, store.name
    outcomes = asyncio.run(begin_at_once(uri, name, new))
    assert outcomes.count(True) == 2
    assert {each.rule for each in outcomes if isinstance(each, Problem)} == {"too_many_open_exports"}
    assert store[EXPORTS].count_documents({"principal": "p", "state": {"$in": ["waiting", "running"]}}) == 3
    assert store["audit"].count_documents({"_id": {"$regex": "^row_export_at_once"}}) == 2
    (other,) = asyncio.run(
        begin_at_once(uri, name, [new[0].model_copy(update={"id": "export_q", "request": "q", "principal": "q"})])
    )
    assert other is True, "another principal has room of its own"


def test_of_two_exports_that_take_one_name_at_once_one_has_it(gateway: RunningGateway, store: Any) -> None:
    new = [
        Export(
            id=f"export_named_{number}", request=f"named {number}", fingerprint="", principal=f"p{number}", area="",
            report="needs", period="2026-03", begun_at=NOW, until=NOW, name_key="one hash",
        )
        for number in range(2)
    ]  # fmt: skip
    assert sorted(asyncio.run(begin_at_once(gateway.room.mongo_uri, store.name, new)), key=str) == [False, True]
