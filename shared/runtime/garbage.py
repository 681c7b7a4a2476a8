"""The pace of Python's garbage collection. Importing this module sets it, so the main modules import it first of all.

While modules are imported, which make hardly anything but objects that stay, collections at Python's usual pace cost a
third of the CPU.
"""

import atexit
import ctypes
import gc
from collections.abc import Callable
from typing import Final

GC_THRESHOLDS: Final = (200_000, 20, 50)
"""A batch makes many objects and hardly a reference cycle: collected at Python's usual pace (700, 10, 10), they cost a
fifth of the CPU.
"""

gc.set_threshold(*GC_THRESHOLDS)
# Python collects once more while it ends, for a tenth of a second in a command and half a second in the API. Nothing of
# that is used: files are closed and temporary folders removed by then.
atexit.register(gc.freeze)


COLLECT_SECONDS: Final = 10.0
TRIM_SECONDS: Final = 60.0
"""How often free pages go back to the system. glibc keeps 6 to 11 MiB of them in a service of 115 MiB after some
thousand needs, because little things that stay lie between them; a trim takes 2 to 6 milliseconds.
https://man7.org/linux/man-pages/man3/malloc_trim.3.html
"""


def find_trim() -> Callable[[int], object] | None:
    """Return glibc's `malloc_trim`; None where the C library is another."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


class GarbageCollector:
    """Collects between batches, when hardly anything is alive, so that it costs about a millisecond.

    Each wait of eventlet that ends without an answer leaves a cycle of some forty objects: the exception, its traceback
    and the frames with the buffers that they hold. At the thresholds above up to 200,000 objects stood for minutes.
    """

    def __init__(self, trim: Callable[[int], object] | None = None) -> None:
        self._due: float | None = None
        self._trim_due = 0.0
        self._trim = trim or find_trim()

    def collect(self, now: float) -> None:
        """Collect where the last time was COLLECT_SECONDS ago; `now` in seconds of the monotonic clock.

        Each TRIM_SECONDS the free pages go back to the system as well.
        """
        if self._due is not None and now < self._due:
            return
        if self._due is None:  # not at once: the start has just collected
            self._trim_due = now + TRIM_SECONDS
        else:
            gc.collect()
        self._due = now + COLLECT_SECONDS
        if self._trim is not None and now >= self._trim_due:
            self._trim(0)
            self._trim_due = now + TRIM_SECONDS


def keep_loaded() -> None:
    """Leave all that is loaded by now out of every later collection: modules and classes are never garbage."""
    gc.collect()
    gc.freeze()
