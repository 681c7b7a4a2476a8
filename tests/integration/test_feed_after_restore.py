"""A restore begins another epoch of the feed: its followers are told, and recover completely."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stacks
from pydantic_core import from_json, to_json
from pymongo import AsyncMongoClient, MongoClient
from stacks import Isolated, Servers

from deploy.lianshan.backup import Reader, make_backup, restore_backup
from services.gateway.declaration import PARTITIONS, feed_id
from services.gateway.features.feed.cursors import read_cursor
from services.gateway.features.feed.reader import Feed, page_body
from services.gateway.http.problems import Problem
from shared.contracts.access import SYSTEM
from shared.contracts.envelope import CloudEvent
from shared.engine.amqp.broker import Publisher, connect
from shared.engine.store.outbox import to_outgoing

pytestmark = pytest.mark.integration


@pytest.fixture
def elsewhere(servers: Servers) -> Iterator[Isolated]:
    """Empty servers to restore into."""
    with stacks.isolated(servers, furnished=True) as room:
        yield room


def published(number: int, ago: timedelta = timedelta()) -> CloudEvent:
    return CloudEvent(
        id=f"need_{number}.1.0", source="/stations/need", type="stations.need.published", subject=f"need_{number}",
        time=datetime.now(UTC) - ago, sequence="1", correlationid="c", causationid=f"command-{number}", traceparent="",
    )  # fmt: skip


def keys(*numbers: int) -> set[str]:
    return {published(number).key for number in numbers}


def append(room: Isolated, cursors: range, *, named: int = 0) -> None:
    """To the feed, as release 0.2.0 wrote it, with inbox; the need at cursor 5 is number `named` + 5."""
    with MongoClient[dict[str, Any]](room.mongo_uri) as client:
        gateway = client[f"{room.database_prefix}gateway"]
        events = [published(named + cursor) for cursor in cursors]
        gateway["feed"].insert_many(
            {"_id": feed_id(cursor), "cursor": cursor, "type": event.type, "event": to_json(event).decode()}
            for cursor, event in zip(cursors, events, strict=True)
        )
        gateway["feed_head"].update_one({"_id": "feed"}, {"$set": {"last": cursors[-1]}}, upsert=True)
        gateway["inbox"].insert_one({"keys": [event.key for event in events], "answers": [], "at": datetime.now(UTC)})


def show_in_lists(room: Isolated, upto: int) -> None:
    """The views have followed the feed so far."""
    with MongoClient[dict[str, Any]](room.mongo_uri) as client:
        gateway = client[f"{room.database_prefix}gateway"]
        gateway["views"].insert_one({"_id": "needs", "version": 1, "live": 1})
        lanes = [{"_id": f"{part:02d}", "version": 1, "lanes": {"needs@1": upto}} for part in range(PARTITIONS)]
        gateway["view_partitions"].insert_many(lanes)


def backed_up(room: Isolated, folder: Path) -> Path:
    return make_backup(folder / "a.backup", room.mongo_uri, room.database_prefix, room.amqp_uri).path


def restore(path: Path, room: Isolated) -> None:
    with Reader(path) as backup:
        restore_backup(backup, room.mongo_uri, room.database_prefix, room.amqp_uri, journal=())


def read_as_agency(room: Isolated, after: str, limit: int = 1000) -> dict[str, Any]:
    """A page of the feed as `GET /v1/events` answers it; raises Problem as the gateway does."""

    async def read() -> bytes:
        async with AsyncMongoClient[dict[str, Any]](room.mongo_uri, tz_aware=True) as client:
            feed = Feed(client[f"{room.database_prefix}gateway"], max_streams=1)
            return page_body(await feed.read(read_cursor(after), limit, SYSTEM))

    page: dict[str, Any] = from_json(asyncio.run(read()))
    return page


def test_an_agency_ahead_of_a_restored_feed_hears_it_and_recovers_completely(
    furnished: Isolated, elsewhere: Isolated, tmp_path: Path
) -> None:
    append(furnished, range(1, 391))
    backup = backed_up(furnished, tmp_path)
    append(furnished, range(391, 401))
    held = str(read_as_agency(furnished, "0")["items"][-1]["cursor"])
    assert held == "400", "a number, as the release before gives it"

    restore(backup, elsewhere)
    show_in_lists(elsewhere, 385)
    append(elsewhere, range(391, 421), named=1000)  # other events than those that the agency has under these cursors

    for stale in (held, "390", "12"):
        with pytest.raises(Problem) as refused:
            read_as_agency(elsewhere, stale)
        assert (refused.value.status, refused.value.rule) == (410, "cursor_of_other_epoch")
    start = str(refused.value.values["start"])
    page = read_as_agency(elsewhere, start)
    shown_by_lists = {published(number).key for number in range(1, 386)}
    followed = {f"{item['event']['source']}#{item['event']['id']}" for item in page["items"]}
    assert shown_by_lists | followed == keys(*range(1, 391), *range(1391, 1421))
    assert read_as_agency(elsewhere, page["items"][-1]["cursor"])["items"] == []


def test_two_restores_of_one_backup_have_different_epochs(
    furnished: Isolated, elsewhere: Isolated, servers: Servers, tmp_path: Path
) -> None:
    append(furnished, range(1, 3))
    backup = backed_up(furnished, tmp_path)
    restore(backup, elsewhere)
    with stacks.isolated(servers, furnished=True) as third:
        restore(backup, third)
        cursor = read_as_agency(elsewhere, "0")["items"][0]["cursor"]
        with pytest.raises(Problem, match="cursor_of_other_epoch"):
            read_as_agency(third, cursor)


def publish(room: Isolated, *events: CloudEvent) -> None:
    connection = connect(room.amqp_uri, "test")
    try:
        rows = [
            {"k": f"{event.type}.11", "b": to_json(event), "i": event.key, "t": event.type, "c": "c"}
            for event in events
        ]
        assert not Publisher(connection).publish([to_outgoing(row) for row in rows])
    finally:
        connection.close()


def test_after_quiet_days_a_backup_knows_what_is_under_way_without_the_inboxes(
    furnished: Isolated, elsewhere: Isolated, tmp_path: Path
) -> None:
    append(furnished, range(1, 6))
    late = published(77, ago=timedelta(days=2))
    publish(furnished, *(published(number) for number in range(1, 6)), late)
    with MongoClient[dict[str, Any]](furnished.mongo_uri) as client:
        # Every key is forgotten: those of the last events, and that of the command which caused the late one.
        client[f"{furnished.database_prefix}gateway"]["inbox"].delete_many({})
        client[f"{furnished.database_prefix}stations"].create_collection("inbox")
    made = make_backup(tmp_path / "a.backup", furnished.mongo_uri, furnished.database_prefix, furnished.amqp_uri)
    assert made.events == 1, "the one that the projector has not had"
    restore(made.path, elsewhere)
    connection = connect(elsewhere.amqp_uri, "test")
    try:
        message = connection.channel().basic_get("gateway.events", no_ack=True)
        assert message.properties["message_id"] == late.key
        assert connection.channel().queue_declare("gateway.events", passive=True).message_count == 0
    finally:
        connection.close()
