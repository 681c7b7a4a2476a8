"""Runs pytest as `python -m pytest` does, and ends at once.

Python would take a heap of a million objects apart before it ends, which takes a second.
"""

import atexit
import os
import sys

import pytest

if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # noqa: PTH109 - as `python -m` has it
    code = int(pytest.main())
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
