"""The sharing of tests between workers: a file stays whole, and files that share a stack go to one worker.

xdist's own groups are of no use here: under pytest 9.2 the name of a test no longer carries its group.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

SHARED: Final = {
    "stack": re.compile(r"\bstack: RunningStack\b"),
    "hooked": re.compile(r"\ndef test_\w+\([^)]*\b(caller: httpx\.Client|hooked: RunningGateway)\b"),
    "gateway": re.compile(r"\ndef test_\w+\([^)]*\b(api: httpx\.Client|gateway: RunningGateway)\b"),
}
"""The resources started once a session, with their users: several workers would start them several times."""
FAULTS: Final = "tests/faults/"
"""All of these share one stack."""
SECONDS: Final = {
    "gateway": 290,
    "stack": 170,
    "tests/integration/test_stories_on_a_stack.py": 140,
    FAULTS: 75,
    "hooked": 75,
    "tests/integration/test_following.py": 65,
    "tests/integration/test_engine_outages.py": 60,
    "tests/integration/test_played_examples.py": 60,
    "tests/integration/test_engine_poison.py": 50,
    "tests/integration/test_privilege.py": 50,
    "tests/integration/test_engine_catching_up.py": 45,
    "tests/integration/test_view_rebuilding.py": 40,
    "tests/integration/test_notices.py": 40,
    "tests/integration/test_clock_story.py": 37,
    "tests/integration/test_engine_members.py": 37,
    "tests/integration/test_engine_once.py": 35,
    "tests/integration/test_imports_over_http.py": 35,
    "tests/integration/test_process_imports.py": 30,
    "tests/integration/test_gateway_outages.py": 28,
    "tests/integration/test_engine_saying.py": 25,
    "tests/integration/test_views_rebuilt.py": 25,
    "tests/integration/test_feed_after_absence.py": 23,
    "tests/integration/test_views_restored.py": 22,
    "tests/integration/test_people_keys.py": 22,
    "tests/integration/test_gateway_abuse.py": 22,
    "tests/integration/test_engine_retries.py": 21,
    "tests/integration/test_laws.py": 20,
    "tests/integration/test_feed_search.py": 20,
    "tests/integration/test_python_client.py": 20,
    "tests/integration/test_migrating.py": 20,
    "tests/integration/test_audit_blocks.py": 20,
    "tests/integration/test_trace_spans.py": 20,
    "tests/integration/test_answer_links_over_http.py": 20,
    "tests/integration/test_tokens_over_http.py": 20,
    "tests/integration/test_cli_dlq_edit.py": 20,
    "tests/integration/test_catalogue_over_http.py": 15,
}
"""About how long the longest take with four workers. They begin first, so that the workers end together."""


@cache
def place_of(file: Path) -> str:
    """Return the name of the resource that the file shares with others, or the file's own."""
    if file.parent.name == "faults":
        return FAULTS
    text = file.read_text("utf-8")
    return next((name for name, pattern in SHARED.items() if pattern.search(text)), str(file))


class ByPlace(LoadFileScheduling):  # type: ignore[misc]
    """As `--dist loadfile`, with the files that share a stack as if they were one, and the longest first."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        place = place_of(self.config.rootpath / file)
        return place if place in SECONDS else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        longest = max(self.workqueue, key=lambda place: SECONDS.get(place, 0))
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)
