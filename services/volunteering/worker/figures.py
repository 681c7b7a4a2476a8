"""The metrics of notices. Labels are templates and outcomes: no id, no telephone."""

from itertools import product
from typing import Final, get_args

from prometheus_client import Counter, Gauge

from shared.contracts.volunteering.notices import NoticeTemplate

TRIES: Final = Counter(
    "lianshan_notice_tries", "Notices that were due, by the result of the try.", ("template", "outcome")
)
OVERDUE: Final = Gauge("lianshan_notices_overdue_seconds", "How long the most overdue notice waits for its try.")
READING: Final = Gauge("lianshan_notices_reading", "Whether this worker reads the log and plans notices.")
FAILED_STEPS: Final = Counter("lianshan_notice_steps_failed", "Changes of dispatches whose notices were not planned.")

OUTCOMES: Final = ("sent", "failed", "skipped", "later")
for _template, _outcome in product(get_args(NoticeTemplate), OUTCOMES):
    # From the start at 0: the increase of a series that begins with its first notice would miss that one.
    TRIES.labels(_template, _outcome)
