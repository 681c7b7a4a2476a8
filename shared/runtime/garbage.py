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


def keep_loaded() -> None:
    """Leave all that is loaded by now out of every later collection: modules and classes are never garbage."""
    gc.collect()
    gc.freeze()
