"""Waiting for effects that follow at their own pace: a view, the feed, the audit, another service, another process.

A test waits for the very thing that it asserts. That one thing is there says nothing of another, also where the first
is made of the second: a state is shown before its event was read, a row is stored before its neighbour's.
"""

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")
PATIENCE: Final = 60.0
"""Seconds that a busy machine may take for work of one second."""
SHORTEST: Final = 0.01
LONGEST: Final = 0.1
"""Seconds between two looks: short waits end soon, and long ones cost little."""
GROWTH: Final = 1.4
NOT_YET: Final = (AssertionError, LookupError, TypeError, ValueError)
"""The errors of a look for something of which a part is not there yet."""


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Return the value of the condition once that is true. Fails with the name of the awaited condition."""
    end, pause = time.monotonic() + seconds, SHORTEST
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain for: {what}"
        time.sleep(pause)
        pause = min(LONGEST, pause * GROWTH)
    return found


def eventually(look: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Return the value of the look once all its assertions hold. Fails with its last difference.

    The look may be taken many times, so it only reads.
    """
    end, pause = time.monotonic() + seconds, SHORTEST
    while True:
        try:
            return look()
        except NOT_YET as error:
            if time.monotonic() > end:
                error.add_note(f"still so after {seconds:g} s")
                raise
        time.sleep(pause)
        pause = min(LONGEST, pause * GROWTH)
