"""The failpoints that each process passes, at which it may be killed."""

from fault_city import SERVICES

POINTS = ("before_commit", "after_commit", "after_publish", "after_confirm", "before_ack")
SPEAKERS = ("stations", "charity", "volunteering")
"""The services that publish events; the projector has no outbox."""
PASSED = [
    (s, p) for s in SERVICES for p in POINTS if s in SPEAKERS or p in {"before_commit", "after_commit", "before_ack"}
]
