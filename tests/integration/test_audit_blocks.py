"""The audit on a real store: chained in blocks beside the writing, by one replica, and verified by the operator."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import pytest
from gateway_stack import until
from lianshan_command import lianshan
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from deploy.lianshan.audit import ServiceAudit, verify_audit
from deploy.lianshan.stores import Stores
from services.charity.declaration import DECLARATION as CHARITY
from shared.contracts.access import Actor
from shared.engine.run.audit_blocks import MARGIN, AuditChaining
from shared.engine.store.audit_blocks import AUDIT_BLOCKS, MOST_ROWS, AuditBlocks
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.durability import SETTLED
from shared.runtime.audit import AUDIT, build_row
from shared.runtime.clock import Clock, machine_now

pytestmark = pytest.mark.integration

WORKER = Actor(kind="key", id="key_1", roles=("station_worker",), area="110102009", on_behalf_of="principal_1")
LONG_AGO = timedelta(hours=2)


class Room:
    """The store of charity: its audit, and replicas that chain it."""

    def __init__(self, client: MongoClient[dict[str, Any]], prefix: str) -> None:
        self.stores = Stores(client, prefix)
        self.database = client.get_database(f"{prefix}charity", read_concern=SETTLED)
        self.rows, self.blocks = self.database[AUDIT], self.database[AUDIT_BLOCKS]
        self.now = machine_now()

    def replica(self) -> AuditChaining:
        clock = Clock()
        return AuditChaining("charity", self.database, clock)

    def write(self, count: int, ago: timedelta = LONG_AGO, what: str = "Donate") -> list[str]:
        step = timedelta(milliseconds=1)
        rows = [build_row(WORKER, what, [f"donor_{n}"], self.now - ago + n * step) for n in range(count)]
        self.rows.insert_many(rows)
        return [row["_id"] for row in rows]

    def verify(self, **more: Any) -> ServiceAudit:
        return verify_audit(self.stores, "charity", self.now, **more)

    def faults(self, **more: Any) -> list[tuple[str, str | int]]:
        found = self.verify(**more).faults
        return [(fault.code, fault.args.get("row", fault.args.get("block", ""))) for fault in found]


@pytest.fixture
def room(mongo_uri: str) -> Iterator[Room]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    made = Room(client, f"t{uuid4().hex[:12]}_")
    ensure_indexes(made.database, CHARITY.indexes)
    yield made
    client.drop_database(made.database.name)
    client.close()


def test_rows_of_a_former_release_are_chained_from_the_start_on_and_new_ones_after_some_minutes(room: Room) -> None:
    room.write(MOST_ROWS + 10)
    fresh = room.write(3, ago=MARGIN / 2)
    assert room.replica().step() == 2
    report = room.verify().report
    assert (report.well, report.blocks, report.rows) == (True, 2, MOST_ROWS + 10)
    assert (report.open, report.oldest_open) == (3, fresh[0])


def test_a_quiet_service_has_few_blocks(room: Room) -> None:
    room.write(3, ago=MARGIN + timedelta(minutes=1))
    assert room.replica().step() == 0, "they wait for others"


def test_two_replicas_do_not_fork_the_chain(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.engine.store.audit_blocks.MOST_ROWS", 10)
    monkeypatch.setattr("shared.engine.run.audit_blocks.MOST_ROWS", 10)
    monkeypatch.setattr("shared.engine.store.lease.Lease.refresh", lambda _: True)  # both believe that they hold it
    room.write(300)
    replicas = [room.replica() for _ in range(3)]
    errors: list[BaseException] = []

    def work(replica: AuditChaining) -> None:
        try:
            while replica.step():
                pass
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(replica,)) for replica in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    room.replica().step()
    report = room.verify().report
    assert (errors, report.well, report.blocks, report.rows) == ([], True, 30, 300)


def test_a_replica_without_the_lease_makes_no_block(room: Room) -> None:
    room.write(MOST_ROWS * 2)
    first, second = room.replica(), room.replica()
    assert (first.step(), second.step()) == (2, 0)


def test_a_crash_between_reading_and_writing_a_block_leaves_the_chain_as_it_was(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.write(20)

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(AuditBlocks, "append", die)
        with pytest.raises(SystemExit):
            room.replica().step()
    assert room.blocks.count_documents({}) == 0
    monkeypatch.setattr("shared.engine.store.lease.Lease.refresh", lambda _: True)
    assert room.replica().step() == 1
    assert room.verify().well


def test_the_companion_makes_blocks_beside_the_loop_and_a_block_that_was_made_unreadable_does_not_end_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.engine.run.audit_blocks.ROUND_SECONDS", 0.05)
    replica = room.replica()
    thread = threading.Thread(target=replica.run)
    thread.start()
    try:
        room.write(5)
        until(lambda: room.blocks.count_documents({}) == 1, "the first block")
        last = room.blocks.find_one_and_update({"_id": 1}, {"$set": {"last": 7}})
        assert last is not None
        room.write(5, ago=LONG_AGO / 2)
        until(lambda: replica._waits, "it has seen that nothing can follow")
        room.blocks.update_one({"_id": 1}, {"$set": {"last": last["last"]}})
        until(lambda: room.blocks.count_documents({}) == 2, "the next block")
    finally:
        replica.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert room.verify().well


def test_the_same_number_is_never_stored_twice(room: Room) -> None:
    room.write(5)
    room.replica().step()
    block = room.blocks.find_one({}, {"_id": 1})
    assert block is not None
    with pytest.raises(DuplicateKeyError):
        room.blocks.insert_one(block)


def test_a_row_that_comes_late_is_named_by_a_later_block(room: Room) -> None:
    room.write(30)
    replica = room.replica()
    replica.step()
    (late,) = room.write(1, ago=LONG_AGO - timedelta(milliseconds=5), what="RegisterDonor")
    assert room.faults() == [("audit_row_inserted", late)]
    assert replica.step() == 1
    assert replica.step() == 0
    report = room.verify().report
    assert (report.well, report.rows, list(report.late)) == (True, 31, [late])


def test_a_row_that_somebody_dates_back_by_days_is_a_fault(room: Room) -> None:
    room.write(1, ago=timedelta(days=30))
    room.write(5)
    replica = room.replica()
    replica.step()
    (forged,) = room.write(1, ago=timedelta(days=20))
    assert replica.step() == 1
    assert room.faults() == [("audit_row_backdated", forged)]


def test_each_planted_fault_is_named(room: Room) -> None:
    ids = room.write(40)
    room.replica().step()
    before = room.verify().report.head
    assert before is not None
    published = {before.number: before.hash}

    room.rows.update_one({"_id": ids[7]}, {"$set": {"by": ["key_9"]}})
    assert room.faults() == [("audit_row_changed", ids[7])]
    room.rows.delete_one({"_id": ids[7]})
    room.rows.delete_one({"_id": ids[3]})
    assert room.faults() == [("audit_row_missing", ids[3]), ("audit_row_missing", ids[7])]
    assert room.faults(since=room.now) == [], "from then on nothing is at fault"
    room.rows.insert_one({"_id": 7})
    assert ("audit_row_inserted", "int 7") in room.faults()
    room.blocks.update_one({"_id": 1}, {"$unset": {"ids": "", "leaves": ""}, "$set": {"dropped": room.now}})
    assert "audit_block_dropped_early" in {code for code, _ in room.faults()}
    room.blocks.update_one({"_id": 1}, {"$set": {"at": "never"}})
    room.write(5, ago=LONG_AGO / 2)
    assert ("audit_head_cut", 1) in room.faults(known=published)


def test_the_operator_is_shown_the_faults_and_gives_back_the_head_that_was_published(
    room: Room, mongo_uri: str, tmp_path: Path
) -> None:
    environment = {
        "LIANSHAN_MONGO_URI": mongo_uri, "LIANSHAN_DATABASE_PREFIX": room.stores.prefix, "LIANSHAN_VAR": str(tmp_path),
    }  # fmt: skip
    ids = room.write(10)
    room.replica().step()
    verify = ("audit", "verify", "--service", "charity")
    well = lianshan(environment, *verify, "--json")
    assert well.returncode == 0, well.stderr
    (shown,) = json.loads(well.stdout)["services"]
    assert (shown["blocks"], shown["rows"], shown["open"], shown["head"]["number"]) == (1, 10, 0, 1)
    (tmp_path / "heads.json").write_text(well.stdout)

    room.rows.update_one({"_id": ids[2]}, {"$set": {"why": "another"}})
    changed = lianshan(environment, *verify)
    assert changed.returncode == 1
    assert ids[2] in changed.stdout
    room.blocks.drop()
    room.rows.drop()
    former = str(tmp_path / "heads.json")
    assert lianshan(environment, *verify).returncode == 0, "nothing in the store shows it"
    cut = lianshan(environment, *verify, "--former", former)
    assert cut.returncode == 1
    assert "ends before block 1" in cut.stdout


def test_ten_thousand_rows_are_chained_in_seconds(room: Room) -> None:
    room.write(10_000)
    began = perf_counter()
    assert room.replica().step() == 10
    chained = perf_counter() - began
    began = perf_counter()
    assert room.verify().report.rows == 10_000
    print(f"chained {10_000 / chained:,.0f} rows a second, verified {10_000 / (perf_counter() - began):,.0f}")
    assert chained < 20
