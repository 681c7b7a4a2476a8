"""Whole cities under an adversary keep the laws at every rest, and one seed always plays the same."""

from dataclasses import replace

import pytest
from pymongo.read_concern import ReadConcern

from tests.city.adversary import CALM, ROUGH
from tests.city.laws import rows
from tests.city.mongo import Database
from tests.city.planted import AWAY, FULL
from tests.city.play import Plan, play
from tests.city.shrink import describe, shrink
from tests.city.store import Memory

CITIES = range(1000, 1036)


@pytest.mark.parametrize("seed", CITIES)
def test_a_city_keeps_the_laws_whatever_the_adversary_does(seed: int) -> None:
    played = play(Plan(seed))
    assert not played.broken, describe(played, shrink(played))


def test_the_adversary_strikes_in_every_way_that_it_has() -> None:
    struck = set()
    for seed in range(6):
        struck |= {strike.partition(" ")[0] for strike in play(Plan(seed, trouble=ROUGH)).world.adversary.struck}
    assert struck >= {"late", "repeat", "lost", "pause", "crash", "unknown", "refuse", "cut", "stumble", "suspend"}


def test_services_that_were_away_fetch_what_their_queues_dropped() -> None:
    dropped = 0
    for seed in range(6):
        played = play(Plan(seed, trouble=AWAY, size=FULL))
        assert not played.broken, describe(played, shrink(played))
        dropped += played.world.broker.dropped
    assert dropped > 10


def test_needs_come_to_every_end_in_a_few_cities() -> None:
    states: set[str] = set()
    for seed in range(12):
        states |= {
            need.get("state", "draft")
            for need in rows(play(Plan(seed, trouble=CALM)).world, "stations", "needs").values()
        }
    assert states >= {"draft", "confirmed", "evaluated", "cancelled", "unmet"}


def test_sequencers_take_turns_and_the_feed_keeps_the_order_of_arrival() -> None:
    world = play(Plan(0, trouble=replace(CALM, replicas=2))).world
    (head,) = rows(world, "gateway", "feed_head").values()
    assert head["lease"] > 1, "the lease lapses in quiet hours, so that it changes hands"
    assert head["last"] == len(rows(world, "gateway", "feed")) > 0
    assert world.sequence.breaches() == []


def test_one_seed_plays_the_same_city_again() -> None:
    first, again = play(Plan(7, trouble=ROUGH)), play(Plan(7, trouble=ROUGH))
    assert first.world.adversary.struck == again.world.adversary.struck
    assert (
        first.world.services["gateway"].memory.rows["feed"].by_id
        == again.world.services["gateway"].memory.rows["feed"].by_id
    )


def test_a_write_brings_nothing_back_that_only_the_primary_has_deleted() -> None:
    memory = Memory("test")
    things = Database(memory, read_concern=ReadConcern("majority"))["things"]
    things.insert_one({"_id": "t"})
    memory.apply({("things", "t"): None}, majority=False)
    assert things.find_one({"_id": "t"}) is not None, "readers of a majority still see it"
    assert things.find_one_and_update({"_id": "t"}, {"$set": {"name": "mine"}}) is None
    things.update_one({"_id": "t"}, {"$set": {"name": "mine"}})
    assert memory.visible("things") == {}
