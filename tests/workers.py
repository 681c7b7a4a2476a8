"""The sharing of tests between workers: a file stays whole, and files that share a stack go to one worker.

xdist's own groups are of no use here: under pytest 9.2 the name of a test no longer carries its group.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadFileScheduling

SHARED: Final = {
    "stack": re.compile(r"\bstack: RunningStack\b"),
    "gateway": re.compile(r"\ndef test_\w+\([^)]*\b(api: httpx\.Client|gateway: RunningGateway)\b"),
}
"""What is started once a session and by whom it is asked for: two workers would start it twice."""
FAULTS: Final = "tests/faults/"
"""All of these share one stack."""


@cache
def place_of(file: Path) -> str:
    """Return the name of what the file shares with others, or the file's own."""
    text = file.read_text("utf-8")
    return next((name for name, pattern in SHARED.items() if pattern.search(text)), str(file))


class ByPlace(LoadFileScheduling):
    """As `--dist loadfile`, with the files that share a stack as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return FAULTS if file.startswith(FAULTS) else place_of(self.config.rootpath / file)
