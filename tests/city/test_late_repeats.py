"""An event that comes again after every inbox has forgotten it changes nothing: not a version, not a place in the feed.

So inboxes may forget events after days: dead letters that are retried later, a restore that delivers again every event
that no inbox knows, and a log that is read from far back do no harm. Commands are another matter: their keys are kept.
"""

from collections.abc import Collection
from datetime import timedelta
from random import Random
from typing import Any, Final

import pytest

from shared.contracts.subscriptions import EVENTS_EXCHANGE
from tests.city.adversary import Adversary, trouble_for
from tests.city.broker import Parcel, queues_for
from tests.city.drawn_apart import HOUR_MS
from tests.city.laws import broken_laws
from tests.city.play import HURRIED, RESTS, TOWN
from tests.city.town import Player, build_town
from tests.city.world import World

CITIES: Final = range(2100, 2105)
LATER: Final = 48 * HOUR_MS
OWNERS: Final = ("stations", "charity", "volunteering")
ENGINE: Final = frozenset(
    {"inbox", "outbox", "timers", "letters", "started", "log_positions", "leases", "replicas", "schema"}
)
"""Collections that say nothing about the city itself."""
AGAIN: Final = {"patrols": {"version", "at"}, "guards": {"version", "recheck_at"}}
"""Fields that time alone changes."""


def forget(world: World, names: Collection[str], older: timedelta = timedelta()) -> None:
    """Have the inboxes of these services forget the events and timers that they handled so long ago."""
    before = world.time() - older
    for name in names:
        service = world.services[name]
        rows = service.memory.collection("inbox")
        for row_id in [row_id for row_id, row in rows.by_id.items() if "until" in row and row["at"] <= before]:
            rows.put(row_id, None)
        known = {key for row in rows.by_id.values() for key in row["keys"]}
        service.handled = {key: times for key, times in service.handled.items() if key in known}


def repeat_everything(world: World, names: Collection[str], seed: int) -> int:
    """Bring every event of the log to these services once more, in any order."""
    said = {message.properties["message_id"]: message for message in world.broker.log}
    routes = [(key, route) for service in world.services.values() for key, (route, _) in service.committed.items()]
    Random(seed).shuffle(routes)
    brought = 0
    for key, route in routes:
        for queue in queues_for(EVENTS_EXCHANGE, route):
            if world.service_of(queue).name in names:
                world.broker.bring(Parcel(queue, said[key], redelivered=True))
                brought += 1
    world.rest()
    return brought


def state_of(world: World, names: Collection[str]) -> dict[str, dict[Any, Any]]:
    """Return the state of the services, without the fields that time alone changes."""
    return {
        f"{name}/{collection}": {
            row_id: {k: v for k, v in row.items() if k not in AGAIN.get(collection, ())}
            for row_id, row in rows.by_id.items()
        }
        for name in names
        for collection, rows in world.services[name].memory.rows.items()
        if collection not in ENGINE
    }


def found_town(seed: int) -> tuple[World, Player]:
    size = HURRIED if seed % 2 else TOWN
    world = World(seed, Adversary(seed, trouble_for(seed)))
    player = Player(world, size)
    player.play(build_town(seed, size))
    return world, player


@pytest.mark.parametrize("seed", CITIES)
def test_owners_that_have_forgotten_every_event_hear_all_of_them_again_and_change_nothing(seed: int) -> None:
    world, _ = found_town(seed)
    for instant in RESTS:
        world.run(instant)
        world.rest()
        before = state_of(world, OWNERS)
        forget(world, OWNERS)
        assert repeat_everything(world, OWNERS, seed) > 0
        assert state_of(world, OWNERS) == before
        assert broken_laws(world) == []


@pytest.mark.parametrize("seed", CITIES)
def test_two_days_later_also_the_feed_takes_nothing_twice(seed: int) -> None:
    world, _ = found_town(seed)
    for instant in range(HOUR_MS, LATER + 1, HOUR_MS):
        world.run(instant)
        world.rest()
    before = state_of(world, world.services)
    forget(world, world.services, older=timedelta(days=1))
    assert repeat_everything(world, world.services, seed) > 0
    assert state_of(world, world.services) == before
    assert broken_laws(world) == []
