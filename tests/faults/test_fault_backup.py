"""A backup is made under load; then everything is lost; then it is restored, and the day goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fault_city import City, running_city, until
from fault_load import Load
from fault_trial import Trial

from deploy.lianshan.backup import Keys, Reader, make_backup, restore_stack
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.stack import Options

pytestmark = pytest.mark.faults
SLOWED = ("charity", "projector")
UNDER_WAY = 60


def versions(city: City, stations: list[str]) -> dict[str, int]:
    with city.database("stations") as database:
        rows = database["needs"].find({"station_id": {"$in": stations}}, {"version": 1})
        return {row["_id"]: row["version"] for row in rows}


def depth(city: City, queue: str) -> int:
    with city.channel() as channel:
        return int(channel.queue_declare(queue, passive=True).message_count)


def test_a_backup_under_load_restores_every_need_and_all_that_was_under_way(
    city: City, trial: Callable[..., Trial], tmp_path: Path
):
    already = set(city.breaches())
    day = trial(400)
    day.load.begin()
    day.load.wait_for(0.3)
    # Two services lag behind, so that much is under way: confirmed by the broker, and handled by nobody yet.
    city.hold_back(*SLOWED)
    until(lambda: depth(city, "gateway.events") > UNDER_WAY, "much to be under way")
    before = versions(city, day.load.stations)
    made = make_backup(tmp_path / "a.backup", city.addresses["mongo_uri"], "", city.addresses["amqp_uri"])
    keys = Keys.of_stack(city.stack.folder)
    city.let_go(*SLOWED)
    day.holds()
    assert made.events >= UNDER_WAY

    folder = Folder(tmp_path / "var")
    with Reader(made.path) as backup:
        backup.verify()
        outcome = restore_stack(
            folder, Options(), backup, keys, prefix="", journal=(), report=print, progress=lambda _: None
        )
    assert outcome.left == []
    assert set(outcome.breaches or ()) <= already
    assert outcome.restored.events >= made.events

    with running_city(folder.root) as restored:
        there = versions(restored, day.load.stations)
        assert {need_id for need_id, version in before.items() if there[need_id] < version} == set()
        # Who was not answered 2xx, or by a platform that is lost, asks again with the same Idempotency-Key.
        again = Trial(restored, Load(restored, day.load.day))
        again.load.morning()
        until(lambda: not restored.at_rest(), "the morning to be over")
        again.load.begin()
        again.holds()
        again.load.close()
        assert before.keys() <= set(again.load.ids.values()), "a need was taken in a second time"
