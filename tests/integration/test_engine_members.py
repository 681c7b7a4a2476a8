"""On three members, only writes that a majority has are answered, seen and published; others are waited for."""

from collections.abc import Iterator

import migration_toy as toy
import pytest
from amqp_stranger import Stranger, events_of, fill, linked
from engine_support import Room, room, until
from failed_messages import dead
from members import Members, three_members
from pymongo import IndexModel, WriteConcern, timeout
from pymongo.errors import ExecutionTimeout, WTimeoutError
from pymongo.read_concern import ReadConcern
from stacks import Isolated, Servers, isolated

from shared.engine.run import startup
from shared.engine.run.startup import check_start
from shared.engine.store import errors, letters, migration
from shared.engine.store.collections import BUILT_BY, ensure_indexes
from shared.engine.store.durability import MAJORITY_MILLIS
from shared.engine.store.release_mark import mark_store
from shared.engine.store.schema_registry import enter
from shared.runtime.clock import machine_now
from shared.runtime.errors import CannotStartError
from shared.runtime.settings import ServiceSettings

pytestmark = [pytest.mark.integration, pytest.mark.faults, pytest.mark.timeout(240)]

BOX = "box"
SECONDS = 120.0


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    with three_members(tmp_path_factory.mktemp("members")) as made:
        yield made


@pytest.fixture
def here(servers: Servers, members: Members) -> Iterator[Room]:
    with isolated(servers, furnished=True) as own:
        place = Isolated(own.amqp_uri, members.uri, own.database_prefix, own.data_key, own.management_url)
        with room(place) as made:
            yield made


@pytest.mark.quick
@pytest.mark.usefixtures("swept_soon")
def test_a_commit_that_no_majority_has_is_waited_for_and_blames_nobody(
    here: Room, stranger: Stranger, members: Members
):
    running = here.start()
    assert "ok" in stranger.ask(fill(BOX))
    with members.alone(members.primary()):
        asked = [stranger.command(fill(BOX), key=f"alone-{n}") for n in range(5)]
        until(lambda: running.loop._breaker.failures >= 2, "the service to meet its own commit again", SECONDS)
        stranger.listen(MAJORITY_MILLIS / 1000)
        assert not set(asked) & set(stranger.answers), "answered before a majority has it"
        # Events claimed by a sweep would be published: those of the box are still the first command's.
        assert events_of(BOX, stranger.heard()) == [1]
    answers = [stranger.answer(one, SECONDS) for one in asked]
    assert sorted(answer["ok"]["amount"] for answer in answers) == [2, 3, 4, 5, 6]
    assert here.amounts() == {BOX: 6}
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert events_of(BOX, stranger.heard()) == [2, 3, 4, 5, 6]
    assert dead(here.database) == []


@pytest.mark.usefixtures("swept_soon")
def test_a_commit_that_a_failover_takes_back_is_made_again(here: Room, stranger: Stranger, members: Members):
    here.start()
    assert "ok" in stranger.ask(fill(BOX, 1))
    old = members.primary()
    with members.alone(old):
        asked = stranger.command(fill(BOX, 5), key="taken back")
        boxes = here.database.get_collection("boxes", read_concern=ReadConcern("local"))
        until(lambda: boxes.find_one({"_id": BOX, "amount": 6}), "the commit on the primary", SECONDS)
        members.kill(old)
    members.primary()
    assert stranger.answer(asked, SECONDS)["ok"]["amount"] == 6
    members.start(old)  # it takes its own commit back, as the others do not have it
    until(lambda: members.ask(old, "hello").get("secondary"), "the old primary to be back", SECONDS)
    assert here.amounts() == {BOX: 6}
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert events_of(BOX, stranger.heard()) == [1, 2]


@pytest.mark.usefixtures("swept_soon")
@pytest.mark.timeout(900)
def test_a_primary_that_is_killed_again_and_again_loses_and_doubles_nothing(
    here: Room, stranger: Stranger, members: Members
):
    for _ in range(2):
        here.start()
    asked: list[str] = []
    for number in range(50):
        primary = members.primary()
        asked += [stranger.command(fill(f"box-{n % 7}"), key=f"key-{number}-{n}") for n in range(20)]
        stranger.listen(0.05 * (number % 5))
        members.kill(primary)
        members.primary(other_than=primary)
        members.start(primary)
        until(lambda port=primary: members.ask(port, "hello").get("secondary"), "the member to be back", SECONDS)
    answers = [stranger.answer(one, SECONDS) for one in asked]
    refused = [answer for answer in answers if "ok" not in answer]
    # A refusal of a caller is final: its command has done nothing.
    assert sum(here.amounts().values()) == len(answers) - len(refused)
    assert all(len(stranger.answers[one]) >= 1 for one in asked)
    until(lambda: here.outbox() == 0, "an empty outbox", SECONDS)
    heard = stranger.heard()
    for box, amount in here.amounts().items():
        assert events_of(box, heard) == list(range(1, amount + 1))


def failing(members: Members, mode: object, **data: object) -> None:
    """Have the primary fail commands of the service, or stop it with `off`."""
    told = {"mode": mode, **({"data": data} if data else {})}
    assert members.ask(members.primary(), "configureFailPoint", "failCommand", **told), "test commands are enabled"


@pytest.mark.quick
def test_while_the_store_is_slow_the_service_rests_and_no_message_is_given_up(
    here: Room, stranger: Stranger, members: Members
):
    running = here.start()
    assert "ok" in stranger.ask(fill(BOX))
    failing(members, "alwaysOn", failCommands=["find"], errorCode=50, namespace=f"{here.database.name}.boxes")
    try:
        for n in range(30):
            stranger.event(linked(f"box-{n}"))
        until(lambda: running.loop.resting, "the service to rest", SECONDS)
        assert "MaxTimeMSExpired" in str(running.loop.resting) or "ExecutionTimeout" in str(running.loop.resting)
        until(lambda: running.loop._breaker.failures >= 6, "some more tries", SECONDS)
        assert here.database["letters"].count_documents({}) == 0
    finally:
        failing(members, "off")
    until(lambda: len(here.amounts()) == 31, "everything to be applied", SECONDS)
    until(lambda: running.loop.resting is None, "the service to say so")
    assert here.database["letters"].count_documents({}) == 0


@pytest.mark.quick
def test_a_message_that_alone_meets_an_unlisted_error_is_parked_while_others_commit(
    here: Room, stranger: Stranger, members: Members, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(letters, "RETRY_SECONDS", (1, 1, 1, 1))
    here.start()
    # As long as no index names it, a rule of the collection stands for an error that no list names.
    here.database.command("collMod", "boxes", validator={"_id": {"$ne": "odd"}}, validationLevel="strict")
    monkeypatch.setattr(errors, "MESSAGE_FAULTS", {})
    for n in range(20):
        stranger.event(linked("odd" if n == 7 else f"box-{n}"))
    until(lambda: len(here.amounts()) == 19, "the others", SECONDS)

    def parked() -> bool:
        stranger.event(linked(f"more-{len(here.amounts())}"))
        return bool(dead(here.database))

    until(parked, "the odd one to be parked", SECONDS)
    (letter,) = dead(here.database)
    assert {entry["code"] for entry in letter["history"]} == {"unlisted_error"}
    assert "code 121" in letter["history"][-1]["error"]


@pytest.mark.quick
def test_a_start_beside_a_majority_that_lags_ends_and_names_the_members(
    here: Room, members: Members, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(startup, "MAJORITY_TRIES", 1)
    settings = ServiceSettings(amqp_uri=here.isolated.amqp_uri, mongo_uri=members.uri, data_key=here.isolated.data_key)
    primary = members.primary()
    with members.alone(primary):
        here.database["boxes"].with_options(write_concern=WriteConcern(w=1)).insert_one({"_id": "box"})
        with pytest.raises(CannotStartError) as refused:
            check_start(settings, toy.SERVICE, ())
    text = str(refused.value)
    assert text.startswith("LIANSHAN_MONGO_URI: no majority of the replica set at mongodb://")
    assert f"127.0.0.1:{primary} is the primary" in text
    assert text.count("is a secondary") == 2, text
    check_start(settings, toy.SERVICE, ())


BY_AMOUNT = {"boxes": [IndexModel([("amount", 1)], name="by_amount")]}


@pytest.mark.quick
def test_an_index_is_built_although_one_member_lags(here: Room, members: Members):
    here.database["boxes"].insert_one({"_id": "box", "version": 1, "amount": 1})
    primary = members.primary()
    one, other = (port for port in members.processes if port != primary)
    members.copy_from(other, primary)
    with members.lagging(one), timeout(SECONDS):
        ensure_indexes(here.database, BY_AMOUNT)
    assert "by_amount" in here.database["boxes"].index_information()


@pytest.mark.quick
def test_a_migration_waits_for_no_index_that_a_majority_cannot_build(
    here: Room, members: Members, monkeypatch: pytest.MonkeyPatch
):
    store = here.database
    mark_store(store, machine_now())
    store["boxes"].insert_one({"_id": "box", "version": 1, "amount": 1})
    enter(store, ["boxes"], {}, machine_now())
    (work,) = migration.pending(store, toy.SERVICE, BY_AMOUNT, {})
    with members.alone(members.primary()), monkeypatch.context() as patched:
        patched.setattr(migration, "MAJORITY_MILLIS", 1_000)
        with pytest.raises(migration.MigrationError, match="no majority, or 1 s behind its primary"):
            migration.Migration(store, work).run(BY_AMOUNT["boxes"])
        # Where they fall behind only now, the bound of the build ends it.
        with pytest.raises((ExecutionTimeout, WTimeoutError), match="exceeded time limit"):
            store["boxes"].create_indexes(BY_AMOUNT["boxes"], commitQuorum=BUILT_BY, maxTimeMS=1_000)
    migration.Migration(store, work).run(BY_AMOUNT["boxes"])
    assert migration.pending(store, toy.SERVICE, BY_AMOUNT, {}) == []


def test_a_migration_whose_majority_lags_is_not_done_and_loses_nothing_to_a_failover(
    here: Room, members: Members, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(migration, "MAJORITY_MILLIS", 1_000)
    store = here.database
    mark_store(store, machine_now())
    ensure_indexes(store, toy.INDEXES)
    store["boxes"].insert_many({"_id": f"box-{n:03}", "version": 1, "amount": n} for n in range(3 * toy.BATCH))
    enter(store, ["boxes"], {}, machine_now())
    old = members.primary()
    with members.alone(old):
        with pytest.raises(migration.MigrationError, match=r"no majority, or 1 s behind its primary"):
            toy.migrate(store)
        members.kill(old)
    members.primary()
    (left,) = migration.pending(store, toy.SERVICE, toy.INDEXES, toy.SCHEMAS)
    assert left.complete == 1, "the register does not say that it is done"
    assert store["boxes"].count_documents({}) == 3 * toy.BATCH
    assert toy.migrate(store) == [3 * toy.BATCH]
    assert migration.pending(store, toy.SERVICE, toy.INDEXES, toy.SCHEMAS, thorough=True) == []
    boxes = store["boxes"].find().sort("_id", 1)
    assert [(box["amount"], box["whole"] * 10 + box["rest"]) for box in boxes] == [(n, n) for n in range(3 * toy.BATCH)]
    members.start(old)
    until(lambda: members.ask(old, "hello").get("secondary"), "the old primary to be back", SECONDS)
