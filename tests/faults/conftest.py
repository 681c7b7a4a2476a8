"""One stack for all fault tests, and a day in a town of its own for each."""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from fault_city import City, running_city, until
from fault_day import Day
from fault_load import Load
from fault_outcome import Outcome, real, replayed

SEED = os.environ.get("LIANSHAN_FAULT_SEED") or secrets.token_hex(4)
_numbers = count(1)


def pytest_report_header() -> str:
    """So that a failure can be played again."""
    return f"fault seed: LIANSHAN_FAULT_SEED={SEED}"


@pytest.fixture(scope="session")
def whole_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The stack."""
    with running_city(tmp_path_factory.mktemp("city")) as city:
        yield city


@pytest.fixture
def city(whole_city: City) -> City:
    """The stack, ready and at rest."""
    for child in whole_city.stack.supervisor.children.values():
        child.quick_deaths = 0
    whole_city.wait_ready()
    return whole_city


class Trial:
    """A day under faults, and how it must end."""

    def __init__(self, city: City, day: Day) -> None:
        self.city = city
        self.load = Load(city, day)
        self.expected: Outcome = replayed(day)
        self._breaches = set(city.breaches())

    def holds(self, seconds: float = 120.0) -> None:
        """Everything answered has its effect, once: as the replay says; at rest; and every law is kept."""
        self.load.finish()
        end_at = time.monotonic() + seconds
        while wrong := self._not_yet():
            assert time.monotonic() < end_at, f"after {seconds:g} s still:\n  " + "\n  ".join(wrong[:20])
            time.sleep(0.3)

    def _not_yet(self) -> list[str]:
        # What a consumer has in hand stands in no queue, so the laws too are given until the end to hold.
        if moving := self.city.at_rest():
            return moving
        different = real(self.city, self.load.day, self.load.ids).differences(self.expected)
        return different or [breach for breach in self.city.breaches() if breach not in self._breaches]


@pytest.fixture
def trial(city: City, request: pytest.FixtureRequest) -> Iterator[Callable[..., Trial]]:
    """`trial(size)` has the town stand, with a day of so many needs before it."""
    made: list[Trial] = []

    def make(size: int, **more: bool) -> Trial:
        day = Day(next(_numbers), f"{SEED}/{request.node.name}", size, **more)
        one = Trial(city, day)
        made.append(one)
        one.load.morning()
        until(lambda: not city.at_rest(), "the morning to be over")
        return one

    print(f"seed {SEED}/{request.node.name}")
    yield make
    for one in made:
        one.load.close()
