"""The metrics of the webhook workers. Labels are outcomes only: no address and no id."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS: Final = Counter("lianshan_webhook_attempts", "Attempts to deliver a message to an endpoint.", ("outcome",))
AGE: Final = Histogram(
    "lianshan_webhook_seconds",
    "Seconds from an event's time to its receipt, of messages taken at the first attempt.",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
HELD: Final = Gauge("lianshan_webhooks_held", "Webhooks that this worker delivers.")
UNHELD: Final = Gauge("lianshan_webhooks_unheld", "Active webhooks that no worker delivers.")
FAILING: Final = Gauge("lianshan_webhooks_failing", "Webhooks of this worker whose endpoint does not take messages.")
BEHIND: Final = Gauge(
    "lianshan_webhooks_behind_events", "Events that the slowest webhook with a working endpoint has still to read."
)
