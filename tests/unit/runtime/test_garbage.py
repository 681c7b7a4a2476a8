"""The cycles that waits leave behind go after seconds, not after the hundreds of thousands that Python waits for."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from weakref import ref

import pytest

from shared.runtime.garbage import COLLECT_SECONDS, TRIM_SECONDS, GarbageCollector, find_trim


class Cycle:
    """An object that only a collection ends."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _nothing_else_to_collect() -> Iterator[None]:
    """Leave out of the collections of these tests the objects of all others."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_a_cycle_is_collected_after_the_seconds_given_and_not_before() -> None:
    collector, left = GarbageCollector(), ref(Cycle())
    for seconds in (0.0, 2.0, COLLECT_SECONDS - 0.1):
        collector.collect(100.0 + seconds)
        assert left() is not None
    collector.collect(100.0 + COLLECT_SECONDS)
    assert left() is None
    later = ref(Cycle())
    collector.collect(100.1 + COLLECT_SECONDS)
    assert later() is not None, "the next is due as long after"


def test_free_pages_go_back_to_the_system_each_minute() -> None:
    trims: list[int] = []
    collector = GarbageCollector(trims.append)
    for seconds in range(0, int(2 * TRIM_SECONDS), int(COLLECT_SECONDS)):
        collector.collect(100.0 + seconds)
        assert len(trims) == (seconds >= TRIM_SECONDS), seconds
    assert trims == [0]


def test_the_c_library_of_the_images_can_trim() -> None:
    trim = find_trim()
    assert trim is not None
    assert trim(0) in {0, 1}


def test_a_process_that_ends_collects_nothing_of_what_it_has_loaded() -> None:
    program = "import atexit, gc; atexit.register(lambda: print(gc.get_freeze_count()))\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}import shared.runtime.garbage"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert int(done.stdout) > 1000, "they are out of the collections that Python makes at the end"
