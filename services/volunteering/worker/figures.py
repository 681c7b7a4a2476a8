"""The metrics of notices. Labels are templates and outcomes: no id, no telephone."""

from typing import Final

from prometheus_client import Counter, Gauge

TRIES: Final = Counter(
    "lianshan_notice_tries", "Notices that were due, by the result of the try.", ("template", "outcome")
)
OVERDUE: Final = Gauge("lianshan_notices_overdue_seconds", "How long the most overdue notice waits for its try.")
READING: Final = Gauge("lianshan_notices_reading", "Whether this worker reads the log and plans notices.")
FAILED_STEPS: Final = Counter("lianshan_notice_steps_failed", "Changes of dispatches whose notices were not planned.")
