"""The servers die and come back, and services run twice, in the middle of load."""

from collections.abc import Callable
from random import Random

import pytest
from fault_city import City
from fault_trial import SEED, Trial

pytestmark = pytest.mark.faults
DOUBLED = ("stations", "charity", "volunteering")


@pytest.mark.parametrize("server", ["rabbitmq", "mongod"])
def test_a_server_is_killed_and_restarted_under_load(city: City, trial: Callable[..., Trial], server: str):
    day = trial(600)
    day.load.begin()
    for share in (0.25, 0.6):
        day.load.wait_for(share)
        city.kill(server)
        city.child(server).quick_deaths = 0
    day.holds(240)


def test_both_servers_are_killed_at_once(city: City, trial: Callable[..., Trial]):
    day = trial(400)
    day.load.begin()
    day.load.wait_for(0.4)
    city.kill("mongod")
    city.kill("rabbitmq")
    day.holds(240)


def test_two_replicas_of_each_service_at_once(city: City, trial: Callable[..., Trial]):
    city.add_replicas(*DOUBLED)
    try:
        day = trial(600)
        day.load.begin()
        day.holds()
    finally:
        city.remove_replicas(*DOUBLED)


def test_two_replicas_of_each_service_and_one_of_them_killed_again_and_again(city: City, trial: Callable[..., Trial]):
    city.add_replicas(*DOUBLED)
    try:
        day = trial(800)
        day.load.begin()
        random = Random(f"{SEED}/replicas")
        for nth in range(6):
            day.load.wait_for((nth + 1) / 8)
            name = random.choice(DOUBLED) + random.choice(("", "-2"))
            city.kill(name)
            city.child(name).quick_deaths = 0
        day.holds()
    finally:
        city.remove_replicas(*DOUBLED)
