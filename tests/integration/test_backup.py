"""Backup and restore on real servers: messages on their way arrive, and nothing is ever half there or overwritten."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stacks
from agency_queue import AGENCY, agency_queue
from amqp import Message
from erased_person import check_gone, check_report, erased_since
from failed_messages import dead, keep
from lianshan_command import lianshan
from pydantic_core import to_json
from pymongo import MongoClient
from stacks import Isolated, RunningStack, Servers
from waiting import PATIENCE

from deploy.lianshan.backup import (
    Backup,
    BackupFailedError,
    Reader,
    Restored,
    RestoreFailedError,
    make_backup,
    restore_backup,
)
from deploy.lianshan.backup.loader import Loader
from deploy.lianshan.backup.snapshot import DEFAULT_WINDOW_SECONDS, LEFT_OUT, WINDOW
from services.gateway.declaration import feed_id
from shared.contracts.envelope import CloudEvent
from shared.contracts.subscriptions import ARCHIVE_STREAM, EVENTS_EXCHANGE
from shared.engine.amqp.broker import Outgoing, Publisher, connect
from shared.engine.amqp.former_topology import declare_former
from shared.engine.amqp.letter_content import HISTORY
from shared.engine.amqp.topology import plan
from shared.engine.store.outbox import to_outgoing
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration

NEED, END = "/stations/need", "the end of the log"


@pytest.fixture
def elsewhere(servers: Servers) -> Iterator[Isolated]:
    """Empty servers to restore into."""
    with stacks.isolated(servers, furnished=True) as room:
        yield room


class Platform:
    """A platform as its services would have left it in the middle of work, made by hand."""

    def __init__(self, room: Isolated) -> None:
        self.room = room
        self.client: MongoClient[dict[str, Any]] = MongoClient(room.mongo_uri)
        self.connection = connect(room.amqp_uri, "test")
        self.publisher = Publisher(self.connection)
        self.feed = 0

    def close(self) -> None:
        self.connection.close()
        self.client.close()

    def handled(self, service: str, *keys: str) -> None:
        """By that service."""
        database = self.client[f"{self.room.database_prefix}{service}"]
        database["inbox"].insert_one({"keys": list(keys), "answers": [], "at": datetime.now(UTC)})

    def say(self, number: int) -> str:
        """An event of stations, published as its outbox does; caused by the command of that number."""
        event = published(number)
        row = {"k": f"{event.type}.11", "b": to_json(event), "i": event.key, "t": event.type, "c": "c"}
        assert not self.publisher.publish([to_outgoing(row)])
        return event.key

    def append(self, number: int) -> None:
        """To the gateway's feed, and to its inbox."""
        self.feed += 1
        gateway = self.client[f"{self.room.database_prefix}gateway"]
        text = to_json(published(number)).decode()
        item = {"_id": feed_id(self.feed), "cursor": self.feed, "type": published(number).type, "event": text}
        gateway["feed"].insert_one(item)
        gateway["feed_head"].replace_one({"_id": "feed"}, {"last": self.feed}, upsert=True)
        self.handled("gateway", published(number).key)

    def give_up(self, queue: str, number: int) -> None:
        """The event of that number is a dead letter of the queue."""
        store = self.client[f"{self.room.database_prefix}{queue.partition('.')[0]}"]
        keep(
            store,
            queue,
            to_json(published(number)),
            id=published(number).key,
            vault=Vault(b64decode(self.room.data_key), queue.partition(".")[0]),
        )

    def give_up_as_0_2(self, queue: str, number: int) -> None:
        """Release 0.2 has put the event of that number into a queue of its own."""
        headers = {HISTORY: json.dumps([{"at": "now", "error": "poison"}])}
        properties = {"message_id": published(number).key, "delivery_mode": 2, "application_headers": headers}
        body = to_json(published(number))
        with self.connection.channel() as channel:
            declare_former(channel)
        assert not self.publisher.publish([Outgoing("", f"{queue}.dead", body, properties)])


@pytest.fixture
def platform(furnished: Isolated) -> Iterator[Platform]:
    built = Platform(furnished)
    yield built
    built.close()


def published(number: int) -> CloudEvent:
    return CloudEvent(
        id=f"need_{number}.1.0", source=NEED, type="stations.need.published", subject=f"need_{number}",
        time=datetime.now(UTC), sequence="1", correlationid="c", causationid=f"command-{number}", traceparent="",
    )  # fmt: skip


def keys(*numbers: int) -> set[str]:
    return {published(number).key for number in numbers}


def backed_up(room: Isolated, folder: Path) -> Backup:
    return make_backup(folder / "a.backup", room.mongo_uri, room.database_prefix, room.amqp_uri)


def restored(path: Path, room: Isolated) -> Restored:
    with Reader(path) as backup:
        backup.verify()
        return restore_backup(backup, room.mongo_uri, room.database_prefix, room.amqp_uri, journal=())


def given_up(room: Isolated, service: str) -> list[dict[str, Any]]:
    with MongoClient[dict[str, Any]](room.mongo_uri) as client:
        return dead(client[f"{room.database_prefix}{service}"])


def waiting(room: Isolated, queue: str) -> set[str]:
    """The keys of the messages in the queue, which is emptied."""
    connection = connect(room.amqp_uri, "test")
    try:
        channel, found = connection.channel(), set()
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            found.add(message.properties["message_id"])
    finally:
        connection.close()
    return found


def archived(room: Isolated) -> int:
    connection = connect(room.amqp_uri, "test")
    try:
        assert not Publisher(connection).publish([Outgoing("", ARCHIVE_STREAM, b"{}", {"message_id": END})])
        channel, found = connection.channel(), list[str]()
        channel.basic_qos(0, 100, a_global=False)
        channel.basic_consume(
            ARCHIVE_STREAM, callback=lambda m: found.append(m.properties["message_id"]),
            arguments={"x-stream-offset": "first"},
        )  # fmt: skip
        while END not in found:
            connection.drain_events(timeout=PATIENCE)
        return found.index(END)
    finally:
        connection.close()


def test_what_was_under_way_comes_to_exactly_those_who_had_not_handled_it(
    platform: Platform, elsewhere: Isolated, tmp_path: Path
) -> None:
    for number in range(1, 7):
        platform.say(number)
    # The sixth was said by a commit that the snapshot does not show: restored, it would come from the future.
    platform.handled("stations", *(f"command:command-{number}" for number in range(1, 6)))
    platform.handled("charity", *keys(1, 2))
    platform.handled("volunteering", *keys(1))
    for number in (1, 3, 5):
        platform.append(number)
    platform.give_up("charity.events", 5)
    platform.give_up_as_0_2("volunteering.events", 5)

    made = backed_up(platform.room, tmp_path)
    assert (made.events, made.letters) == (2, 2)
    done = restored(made.path, elsewhere)

    assert waiting(elsewhere, "charity.events") == keys(3, 4)
    assert {letter["id"] for letter in given_up(elsewhere, "charity")} == keys(5)
    assert {letter["id"] for letter in given_up(elsewhere, "volunteering")} == keys(5)
    assert waiting(elsewhere, "volunteering.events") == keys(2, 3, 4)
    assert waiting(elsewhere, "gateway.events") == keys(2, 4)
    assert waiting(elsewhere, "stations.events") == set()
    assert archived(elsewhere) == 2
    assert (done.events, done.letters) == (7, 2)


def test_a_backup_of_a_platform_that_never_said_anything(
    platform: Platform, elsewhere: Isolated, tmp_path: Path
) -> None:
    platform.handled("stations", "command:one")
    made = backed_up(platform.room, tmp_path)
    assert restored(made.path, elsewhere).documents == 1


def test_without_a_platform_there_is_nothing_to_back_up(isolated: Isolated, tmp_path: Path) -> None:
    with pytest.raises(BackupFailedError, match=r"no database of the platform .*LIANSHAN_DATABASE_PREFIX"):
        backed_up(isolated, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_restore_that_fails_leaves_the_servers_as_empty_as_they_were(
    platform: Platform, elsewhere: Isolated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.say(1)
    platform.handled("stations", "command:command-1")
    made = backed_up(platform.room, tmp_path)

    def fail(_: Loader) -> None:
        raise RestoreFailedError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(Loader, "build_indexes", fail)
        with pytest.raises(RestoreFailedError):
            restored(made.path, elsewhere)
    for queue in {planned.name for planned in plan()} - {ARCHIVE_STREAM}:
        assert waiting(elsewhere, queue) == set()
    assert restored(made.path, elsewhere).documents == 1


def test_nothing_is_restored_over_something(platform: Platform, elsewhere: Isolated, tmp_path: Path) -> None:
    platform.handled("stations", "command:one")
    made = backed_up(platform.room, tmp_path)
    with pytest.raises(RestoreFailedError, match=r"not empty: .*stations.inbox holds documents"):
        restored(made.path, platform.room)
    connection = connect(elsewhere.amqp_uri, "test")
    try:
        assert not Publisher(connection).publish([Outgoing("", "charity.events", b"{}", {"message_id": "one"})])
        with pytest.raises(RestoreFailedError, match=r"not empty: charity.events holds 1 messages"):
            restored(made.path, elsewhere)
    finally:
        connection.close()


@pytest.mark.long
def test_the_command_backs_up_a_running_stack_and_restores_it_elsewhere(
    stack: RunningStack, elsewhere: Isolated, tmp_path: Path
) -> None:
    with stack.client() as client:
        body = {"area": "110102009008", "name": "Station in a backup", "level": "station"}
        answer = client.post("/v1/stations", json=body, headers={"Idempotency-Key": "backup-station"})
        volunteer: dict[str, Any] = {"name": "Invented Name", "phone": "13800000000", "area": "110102009017"}
        volunteer |= {"skills": ["first_aid"], "location": {"lon": 116.3, "lat": 39.9}}
        registered = client.post("/v1/volunteers", json=volunteer, headers={"Idempotency-Key": "backup-person"})
        person = registered.json()["id"]
    with agency_queue(stack.addresses["amqp_uri"]):
        done = lianshan(stack.environment, "backup", str(tmp_path / "new" / "folder"), "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert Path(made["file"]).parent == tmp_path / "new" / "folder"
    assert (made["agency_queues"], made["left_out"]) == ([AGENCY], ["users", "agency_messages"])
    assert len(made["data_keys"]) == 1
    with Reader(Path(made["file"])) as backup:
        assert backup.manifest.schemas["stations"]["needs"] >= 1

    erasure, journal = erased_since(stack, person, tmp_path)
    own = {**elsewhere.environment, "LIANSHAN_VAR": str(tmp_path / "var"), "LIANSHAN_ERASURES_FILE": str(journal)}
    del own["LIANSHAN_DATA_KEY"]
    refused = lianshan(own, "restore", made["file"], "--keys", "/dev/null")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "lianshan: /dev/null holds no keys: name the file that was written with the backup."
    ]
    refused = lianshan({**own, "LIANSHAN_ERASURES_FILE": "/none"}, "restore", made["file"])
    assert "There is no journal of erasures later than" in refused.stderr
    done = lianshan(own, "restore", made["file"])
    assert done.returncode == 0, done.stderr
    assert "Persons erased since the backup are not there again" in done.stdout
    assert f"{made['documents']:,} documents restored" in done.stdout
    assert f"Queues of agencies: {AGENCY}. They are empty" in done.stdout
    assert "Not in a backup: the users of RabbitMQ and MongoDB" in done.stdout
    with agency_queue(elsewhere.amqp_uri, make=False) as channel:
        channel.basic_publish_confirm(Message(b"{}"), EVENTS_EXCHANGE, "stations.need.published.11.01")
        assert channel.queue_declare(AGENCY, passive=True).message_count == 1

    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as before, MongoClient(elsewhere.mongo_uri) as after:
        check_gone(after, elsewhere.database_prefix, person)
        there = after[f"{elsewhere.database_prefix}stations"]
        assert there["stations"].find_one({"_id": answer.json()["id"]})["name"] == "Station in a backup"  # type: ignore[index]
        for service in ("charity", "volunteering"):
            for name in set(before[service].list_collection_names()) - LEFT_OUT:
                indexes = after[f"{elsewhere.database_prefix}{service}"][name].index_information()
                assert indexes == before[service][name].index_information()
        assert before.admin.command({"getParameter": 1, WINDOW: 1})[WINDOW] == DEFAULT_WINDOW_SECONDS
    check_report(stack, erasure)
