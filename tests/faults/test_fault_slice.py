"""A seeded slice of faults on three members and two replicas: after each, the laws hold and the day ends as its replay.

`make fault-slice SLICE=3` plays a hundred; a run of every fault test plays a few. The figures go to `var/faults`.
"""

import os
import time
from collections.abc import Iterator
from random import Random

import pytest
from fault_city import City, until
from fault_day import Day
from fault_load import Load
from fault_trial import Trial
from slice_city import SliceCity, running_slice_city
from slice_faults import FAULTS
from slice_figures import Struck, keep

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]
SLICE = int(os.environ.get("LIANSHAN_FAULT_SLICE", "0"))
COUNT = int(os.environ.get("LIANSHAN_FAULT_COUNT", str(len(FAULTS))))
NEEDS = 40
RECOVERY_SECONDS = 120.0


@pytest.fixture(scope="module")
def whole_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SliceCity]:
    with running_slice_city(tmp_path_factory.mktemp("slice")) as town:
        yield town


@pytest.fixture
def town(whole_town: SliceCity) -> SliceCity:
    whole_town.recover()
    return whole_town


def seconds_to_serve(city: City, load: Load) -> float:
    """The seconds from now until a new need has its quilt and its volunteer."""
    began = time.monotonic()
    plan = load.day.probe()
    need_id = load.post("/v1/needs", load.day.need(plan, load.stations[plan.community]), "probe")["id"]
    until(lambda: load.state(need_id) == "ready", "a new need to be served", RECOVERY_SECONDS)
    return time.monotonic() - began


@pytest.mark.parametrize("nth", range(COUNT))
def test_after_a_fault_under_load_everything_holds(town: SliceCity, nth: int) -> None:
    seed = f"{SLICE}/{nth}"
    random = Random(seed)
    # Each fault in turn, so that a slice has all of them; their moments, victims and durations are drawn.
    fault = FAULTS[(nth + SLICE) % len(FAULTS)]
    trial = Trial(town.city, Load(town.city, Day(nth, seed, NEEDS)))
    choice, held, seconds = "", False, RECOVERY_SECONDS
    try:
        trial.load.morning()
        trial.load.begin()
        trial.load.wait_for(random.uniform(0.0, 0.8))
        choice = fault(town, random)
        seconds = seconds_to_serve(town.city, trial.load)
        trial.holds()
        held = True
    finally:
        trial.load.close()
        keep(Struck(SLICE, nth, fault.__name__, choice, held, round(seconds, 2)))
