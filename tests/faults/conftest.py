"""One stack for all fault tests, and a day in a town of its own for each."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from fault_city import City, running_city, until
from fault_day import Day
from fault_load import Load
from fault_trial import SEED, Trial

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


@pytest.fixture
def trial(city: City, request: pytest.FixtureRequest) -> Iterator[Callable[..., Trial]]:
    """`trial(size)` has the town stand, with a day of so many needs before it.

    `trial(size, quick=less)`: as many as `less` where the fault tests are a part of `make test`.
    """
    made: list[Trial] = []
    is_quick_part = "quick" in request.config.getoption("markexpr")

    def make(size: int, quick: int = 0, **more: bool) -> Trial:
        needs = quick if quick and is_quick_part else size
        day = Day(next(_numbers), f"{SEED}/{request.node.name}", needs, **more)
        one = Trial(city, Load(city, day))
        made.append(one)
        one.load.morning()
        until(lambda: not city.at_rest(), "the morning to be over")
        return one

    print(f"seed {SEED}/{request.node.name}")
    yield make
    for one in made:
        one.load.close()
