"""How many examples a law is tried on: a part of the usual ones in the quick tests, a multiple in `make test-long`."""

import os
from typing import Final

from hypothesis import settings

TIMES: Final = float(os.environ.get("LIANSHAN_TEST_EXAMPLES", "0.3"))
"""Examples in proportion to the usual ones."""
USUAL: Final = 100
"""The examples of a law that names no number of its own."""
FEWEST: Final = 5


def examples(usual: int = USUAL) -> settings:
    """Try the law on that many examples, in proportion to TIMES; none is too slow, since a machine may be busy."""
    return settings(max_examples=max(FEWEST, round(usual * TIMES)), deadline=None)
