"""The check of the exports of reports: none waits for long without a worker."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from deploy.lianshan.doctor.finding import Finding, Platform
from shared.contracts.reasons import reason

WAITED: Final = timedelta(minutes=5)
"""An export that nobody has held for so long has no worker, or workers with larger files in hand."""
_CHECK: Final = "exports"
_MOST_COUNTED: Final = 1_000


def check_exports(platform: Platform) -> Iterator[Finding]:
    """Yield whether exports wait that no worker writes."""
    since = platform.clock.machine() - WAITED
    # The lease of one that is written ends later than now.
    rule = {"state": {"$in": ["waiting", "running"]}, "until": {"$lte": since}}
    waiting = platform.store("gateway")["exports"].count_documents(rule, limit=_MOST_COUNTED)
    if waiting:
        yield Finding(_CHECK, "failed", reason("exports_wait", count=waiting), reason("see_export_worker"))
    else:
        yield Finding(_CHECK, "ok", reason("exports_go_on"))
