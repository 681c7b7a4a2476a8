"""The pace of Python's garbage collection. Importing this module sets it, so the main modules import it first of all.

While modules are imported, which make hardly anything but objects that stay, collections at Python's usual pace cost a
third of the CPU.
"""

import gc
from typing import Final

GC_THRESHOLDS: Final = (200_000, 20, 50)
"""A batch makes many objects and hardly a reference cycle: collected at Python's usual pace (700, 10, 10), they cost a
fifth of the CPU.
"""

gc.set_threshold(*GC_THRESHOLDS)


COLLECT_SECONDS: Final = 10.0


class GarbageCollector:
    """Collects between batches, when hardly anything is alive, so that it costs about a millisecond.

    Each wait of eventlet that ends without an answer leaves a cycle of some forty objects: the exception, its traceback
    and the frames with the buffers that they hold. At the thresholds above up to 200,000 objects stood for minutes.
    """

    def __init__(self) -> None:
        self._due: float | None = None

    def collect(self, now: float) -> None:
        """Collect where the last time was COLLECT_SECONDS ago; `now` in seconds of the monotonic clock."""
        if self._due is not None and now < self._due:
            return
        if self._due is not None:  # not at once: what was loaded has just been collected
            gc.collect()
        self._due = now + COLLECT_SECONDS


def keep_loaded() -> None:
    """Leave all that is loaded by now out of every later collection: modules and classes are never garbage."""
    gc.collect()
    gc.freeze()
