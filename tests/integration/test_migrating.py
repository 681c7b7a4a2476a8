"""A release changes how something is stored: the services go on, a killed migration goes on, nothing is lost."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import lianshan_command
import migration_toy as toy
import pytest
from actors import ANYBODY
from amqp_stranger import Stranger, fill
from engine_support import Room, room, until
from pymongo import AsyncMongoClient
from service_processes import run_service
from stacks import Isolated
from typer.testing import CliRunner

from deploy.lianshan.cli import app
from deploy.lianshan.declarations import DECLARATIONS
from services.gateway.reading.views import Views
from shared.engine import Capability
from shared.engine.decide.batch import decide
from shared.engine.decide.incoming import Incoming
from shared.engine.run.service import Declaration, ServiceSpec
from shared.engine.store.collections import IndexConflictError, ensure_indexes
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.errors import Conflict
from shared.engine.store.migration import MigrationError, pending
from shared.engine.store.reader import Reader
from shared.engine.store.release_mark import mark_store
from shared.engine.store.schema_registry import SCHEMA, StoreTooNewError, prepare
from shared.runtime.clock import machine_now

pytestmark = pytest.mark.integration
BOXES = 300


@pytest.fixture
def here(furnished: Isolated) -> Iterator[Room]:
    with room(furnished) as made:
        mark_store(made.database, datetime.now(UTC))
        ensure_indexes(made.database, toy.OLD_INDEXES)
        made.database["boxes"].insert_many({"_id": f"box-{n:03}", "version": 1, "amount": n} for n in range(BOXES))
        yield made


def spec() -> ServiceSpec:
    return ServiceSpec(toy.SERVICE, toy.build(toy.NewBox), toy.INDEXES, toy.SCHEMAS)


def row(here: Room) -> dict[str, Any]:
    return here.database[SCHEMA].find_one({"_id": "boxes"}) or {}


def killed_while_migrating(here: Room, plan: str) -> None:
    done = subprocess.run(
        [sys.executable, toy.__file__, here.isolated.mongo_uri, here.database.name, plan],
        env=here.isolated.environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL


def migrated_beside_old_replicas(here: Room) -> None:
    with suppress(MigrationError):  # it says so when an old replica never stops writing
        toy.migrate(here.database)


def test_old_and_new_replicas_write_while_a_killed_migration_is_taken_up_again(here: Room):
    prepare(here.database, spec())
    replicas = [here.start(toy.build(model)) for model in (toy.OldBox, toy.NewBox)]
    asker = Stranger(here.isolated.amqp_uri)
    # The first boxes wait: replicas that write them all before the migration begins would leave it nothing to do.
    waiting = 3 * toy.BATCH
    for n in range(2 * BOXES):
        if n % BOXES >= waiting:
            asker.command(fill(f"box-{n % BOXES:03}", 1 + n % 5))
    until(lambda: here.database["boxes"].find_one({"version": {"$gt": 1}}), "the first command to be done")
    killed_while_migrating(here, "during_migration=kill@3")
    for n in range(2 * BOXES):
        if n % BOXES < waiting:
            asker.command(fill(f"box-{n % BOXES:03}", 1 + n % 5))
    assert row(here)["progress"]["after"] >= f"box-{2 * toy.BATCH - 1:03}", (
        "two batches, and what the new replica wrote"
    )
    thread = threading.Thread(target=migrated_beside_old_replicas, args=(here,))
    thread.start()
    for n in range(BOXES):
        asker.command(fill(f"box-{n:03}", 5))
    asker.wait(lambda: len(asker.answers) == 3 * BOXES, "every command to be answered")
    thread.join(60)
    replicas[0].stop()
    toy.migrate(here.database)
    assert toy.migrate(here.database) == []
    amounts = {box["_id"]: box for box in here.database["boxes"].find()}
    assert len(amounts) == BOXES
    for n in range(BOXES):
        box = amounts[f"box-{n:03}"]
        total = n + sum(1 + m % 5 for m in (n, n + BOXES)) + 5
        assert (box["amount"], box["whole"], box["rest"]) == (total, *divmod(total, 10)), box["_id"]
        assert box["version"] == 4, "a migration is no change of the thing itself"
    asker.close()


def test_what_is_migrated_between_an_old_replicas_look_and_its_writing_is_decided_anew(here: Room):
    put = fill("box-007", 5)
    asked = Incoming("command", "command:k", "k", put.type, put, machine_now(), "k", "")
    handler = toy.build(toy.OldBox).find("command", put.type)
    decided = decide([(asked, handler)], Reader(here.database).fetch, machine_now())
    toy.migrate(here.database)
    with pytest.raises(Conflict):
        commit(here.database, Transaction(decided, keys=["command:k"], now=machine_now()))
    assert (here.database["boxes"].find_one({"_id": "box-007"}) or {})["amount"] == 7


def test_a_migration_says_what_it_did_and_takes_the_old_index_away(here: Room):
    prepare(here.database, spec())
    (what,) = pending(here.database, toy.SERVICE, toy.INDEXES, toy.SCHEMAS)
    assert (what.complete, what.schema.version, what.drops) == (1, 2, ("by_amount",))
    assert toy.migrate(here.database) == [BOXES]
    found = row(here)
    assert (found["version"], found["complete"], found["history"][0]["documents"]) == (2, 2, BOXES)
    assert "progress" not in found
    assert set(here.database["boxes"].index_information()) == {"_id_", "by_whole"}
    assert toy.migrate(here.database) == []


def test_what_an_old_replica_writes_after_the_migration_is_found_by_the_next(here: Room):
    toy.migrate(here.database)
    here.database["boxes"].replace_one({"_id": "box-007"}, {"_id": "box-007", "version": 2, "amount": 55})
    assert toy.migrate(here.database) == [1]
    assert (here.database["boxes"].find_one({"_id": "box-007"}) or {})["whole"] == 5


def test_what_mongodb_refuses_of_a_new_form_is_told_without_the_documents_words(here: Room):
    here.database["boxes"].create_index("rest", unique=True, sparse=True)
    with pytest.raises(MigrationError, match=r"stations\.boxes 'box-010'.*code 11000") as error:
        toy.migrate(here.database)
    assert "amount" not in str(error.value)


def test_an_index_that_stands_with_other_keys_is_named_with_what_to_do(here: Room):
    changed = {"boxes": [toy.INDEXES["boxes"][0], toy.IndexModel([("rest", 1)], name="by_amount")]}
    with pytest.raises(IndexConflictError, match="needs a new name"):
        ensure_indexes(here.database, changed)


def test_a_release_that_is_shut_out_changes_nothing_in_the_store(here: Room):
    here.database[SCHEMA].insert_one({"_id": "boxes", "version": 3, "min_reader": 3, "complete": 3, "by": "9.9.9"})
    with pytest.raises(StoreTooNewError, match=r"Run Lianshan 9\.9\.9 or newer"):
        prepare(here.database, spec())
    assert "by_whole" not in here.database["boxes"].index_information()


@pytest.mark.parametrize("service", ["charity", "gateway"])
def test_a_service_of_an_older_release_says_so_in_a_line_and_does_not_start(isolated: Isolated, service: str):
    isolated.declare()
    newer = {"version": 9, "min_reader": 9, "complete": 9, "by": "9.9.9"}
    with toy.MongoClient[dict[str, Any]](isolated.mongo_uri) as client:
        for owner, name in (("charity", "links"), ("gateway", "needs")):
            database = client[f"{isolated.database_prefix}{owner}"]
            mark_store(database, datetime.now(UTC))
            database[SCHEMA].insert_one({"_id": name, **newer})
        done = run_service(service, isolated.environment)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "newer than this program" in line]
    assert "Run Lianshan 9.9.9 or newer, or restore a backup" in line
    assert "Traceback" not in done.stderr


def test_a_stack_of_an_older_release_does_not_come_up_half(isolated: Isolated, tmp_path: Path):
    newer = {"_id": "links", "version": 9, "min_reader": 9, "complete": 9, "by": "9.9.9"}
    with toy.MongoClient[dict[str, Any]](isolated.mongo_uri) as client:
        mark_store(client[f"{isolated.database_prefix}charity"], datetime.now(UTC))
        client[f"{isolated.database_prefix}charity"][SCHEMA].insert_one(newer)
    done = lianshan_command.lianshan(isolated.environment, "up", "--var", str(tmp_path))
    assert done.returncode == 1
    assert "lianshan: the store of charity is newer than this program: links is at version 9" in done.stderr
    assert "charity is ready" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def lianshan(furnished: Isolated, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command, as it is where the boxes of stations have changed their form."""
    declared = Declaration("stations", (Capability("boxes", indexes=toy.INDEXES, schemas=toy.SCHEMAS),))
    monkeypatch.setitem(cast("dict[str, Declaration]", DECLARATIONS), "stations", declared)
    for name, value in {**furnished.environment, "LIANSHAN_VAR": "/nonexistent"}.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(app, [*arguments, "--json"])
        assert not done.stderr, done.stderr
        return json.loads(done.stdout)

    return run


def test_the_command_plans_a_migration_counts_it_and_brings_documents_and_indexes_to_today(
    here: Room, lianshan: Callable[..., Any]
):
    prepare(here.database, ServiceSpec(toy.SERVICE, toy.build(toy.OldBox), toy.OLD_INDEXES))
    (planned,) = lianshan("migrate", "stations", "--plan")
    assert (planned["documents"], planned["builds"], planned["drops"]) == (BOXES, ["by_whole"], ["by_amount"])
    assert [m["collection"] for m in lianshan("status")["migrations"]] == ["stations.boxes"]
    (done,) = lianshan("migrate")
    assert (done["from"], done["version"], done["documents"]) == (1, 2, BOXES)
    assert here.database["boxes"].count_documents({"schema": 2, "whole": {"$exists": True}}) == BOXES
    assert set(here.database["boxes"].index_information()) == {"_id_", "by_whole"}


def test_the_api_reads_a_view_of_an_older_form_as_one_of_today(here: Room):
    here.database["boxes"].update_many({}, {"$set": {"seen": 1}})

    async def read() -> Any:
        async with AsyncMongoClient[dict[str, Any]](here.isolated.mongo_uri) as client:
            views = Views(client[here.database.name], str)
            page = await views.page(toy.NewBox, {}, limit=1, after=None)
            some = await views.some(toy.NewBox, {"_id": "box-013"})
            return await views.one(toy.NewBox, "box-042", ANYBODY), page.views[0], some

    one, listed, some = asyncio.run(read())
    assert (one.whole, one.rest) == (4, 2)
    assert (listed.whole, some[0].rest) == (29, 3)
