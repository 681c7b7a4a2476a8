"""The metrics of exports. Labels are formats and outcomes alone."""

from itertools import product
from typing import Final

from prometheus_client import Counter, Gauge

ENDED: Final = Counter(
    "lianshan_exports_ended", "Exports of reports that have ended, by format and outcome.", ("format", "outcome")
)
ROWS: Final = Counter("lianshan_export_rows", "Lines of finished exports of reports, by format.", ("format",))
WAITING: Final = Gauge("lianshan_exports_waiting_seconds", "How long the oldest export that nobody writes has waited.")

for _form, _outcome in product(("csv", "xlsx"), ("done", "failed", "lost")):
    # From the start at 0: the increase of a series that begins with its first export would miss that one.
    ENDED.labels(_form, _outcome)
    ROWS.labels(_form)
