"""`python skewed.py MODULE SECONDS` runs a module as on a host whose clock is so many seconds ahead.

The wall clock of the process is moved before anything is imported; the monotonic clock runs on, as on such a host.
"""

import runpy
import sys
import time
from pathlib import Path

module, ahead = sys.argv[1], float(sys.argv[2])
_true = time.time
time.time = lambda: _true() + ahead
time.time_ns = lambda: int(time.time() * 1e9)
sys.argv = [module]
sys.path[0] = str(Path(__file__).parents[2])  # the folder of the packages, as `-m` has it
runpy.run_module(module, run_name="__main__", alter_sys=True)
