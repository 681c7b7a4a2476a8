"""A backup taken while views are rebuilt: the restored platform shows whole views, and goes on with the rebuild."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stacks
from following_town import Town
from pymongo import MongoClient
from stacks import Servers

from deploy.lianshan.backup import BackupFailedError, Reader, make_backup, restore_backup
from deploy.lianshan.backup.snapshot import Snapshot
from services.gateway.declaration import FEATURES, Registry

pytestmark = pytest.mark.integration


@pytest.fixture
def elsewhere(servers: Servers, tmp_path: Path) -> Iterator[Town]:
    """Empty servers to restore into."""
    with (
        stacks.isolated(servers, furnished=True) as room,
        MongoClient[dict[str, Any]](room.mongo_uri, tz_aware=True) as client,
    ):
        there = Town(room, tmp_path, client[f"{room.database_prefix}gateway"])
        try:
            yield there
        finally:
            for process in there.projectors.values():
                process.kill()
                process.wait(20)


def backed_up(town: Town, folder: Path) -> Path:
    return make_backup(folder / "a.backup", town.room.mongo_uri, town.room.database_prefix, town.room.amqp_uri).path


def lanes(town: Town, name: str) -> set[int]:
    return {row["lanes"].get(name, 0) for row in town.database["view_partitions"].find()}


def test_a_restored_platform_shows_whole_views_and_ends_the_rebuild(
    town: Town, elsewhere: Town, tmp_path: Path
) -> None:
    town.start("one")
    town.send(40)
    town.wait(town.followed, "all is followed", 40)
    registry = Registry(town.database, FEATURES)
    registry.rebuild("stock", by="a test")
    town.wait(lambda: town.state("stock")["live"] == 2, "one view has a retired generation", 40)
    town.kill("one", signal.SIGTERM)
    registry.rebuild("needs", by="a test")
    town.start("builder", failpoints="after_view_commit=kill@2")
    builder = town.projectors.pop("builder")
    town.wait(lambda: builder.poll() is not None, "another one is being built, and its builder dies")
    assert max(lanes(town, "needs@2")) > 0
    expected, indexes = town.expected(), town.database["needs@1"].index_information()
    assert town.state()["building"] == 2, "it was built before the backup began: send more events"
    made = backed_up(town, tmp_path)
    with Reader(made) as backup:
        backup.verify()
        restore_backup(
            backup, elsewhere.room.mongo_uri, elsewhere.room.database_prefix, elsewhere.room.amqp_uri, journal=()
        )

    elsewhere.sent = town.sent
    assert (elsewhere.state()["live"], elsewhere.state("stock")["live"]) == (1, 2)
    assert elsewhere.views() == expected
    elsewhere.start("two")
    seen: set[int] = set()

    def is_read() -> bool:
        live = elsewhere.state()["live"]
        seen.add(elsewhere.database[f"needs@{live}"].count_documents({"seen": {"$gt": 0}}))
        return bool(live == 2)

    elsewhere.wait(is_read, "the rebuild ends", 60)
    assert seen == {town.sent}
    elsewhere.send(2)
    elsewhere.wait(elsewhere.followed, "it follows on", 40)
    assert elsewhere.views() == elsewhere.expected()
    for generation in (1, 2):
        assert elsewhere.database[f"needs@{generation}"].index_information() == indexes


def test_a_backup_that_would_lack_a_generation_is_none(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.start("one")
    town.send()
    town.wait(town.followed, "all is followed")
    town.database["inbox"].database.client[f"{town.room.database_prefix}stations"]["inbox"].insert_one({"keys": ["k"]})
    reading = Snapshot.raw

    def drop_first(snapshot: Snapshot, service: str, name: str) -> Iterator[bytes]:
        # As a projector does a minute after a rebuilt view has taken this one's place.
        town.database.drop_collection("needs@1")
        return reading(snapshot, service, name)

    with monkeypatch.context() as patched:
        patched.setattr(Snapshot, "raw", drop_first)
        with pytest.raises(BackupFailedError, match=r"gateway\.needs@1 was dropped"):
            backed_up(town, tmp_path)
    assert not list(tmp_path.glob("*.backup*"))
