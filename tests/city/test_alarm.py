"""A replica that is put off again and again looks once."""

from tests.city.adversary import CALM, Adversary
from tests.city.alarm import Alarm
from tests.city.play import Plan, play
from tests.city.world import World


def test_it_rings_once_at_the_earliest_time_that_it_was_set_for() -> None:
    rung: list[int] = []
    world = World(0, Adversary(0, CALM))
    alarm = Alarm(world, lambda: rung.append(world.now))
    for milliseconds in (70, 50, 50, 90):
        alarm.ring_after(milliseconds)
    world.run(100)
    assert rung == [50]


def test_a_lock_that_is_held_for_seconds_keeps_no_city_from_rest() -> None:
    assert play(Plan(2006)).broken == []
