"""The condition of one endpoint: whether it takes messages, and when the next may be sent. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.gateway.deliveries.records import Failure, Webhook
from services.gateway.deliveries.schedule import next_probe

TROUBLED_AFTER: Final = 3
"""Consecutive failures, of any messages: from then on single probes are sent."""
DISABLED_AFTER: Final = timedelta(days=5)


@dataclass(slots=True)
class Condition:
    """Failures since the last success, and the pause that the endpoint has asked for or that failures call for."""

    failing_since: datetime | None = None
    held_until: datetime | None = None
    last_success_at: datetime | None = None
    last_failure: Failure | None = None
    greeted: bool = False
    failures: int = 0

    @classmethod
    def of(cls, webhook: Webhook) -> "Condition":
        """Return the condition as it is stored."""
        troubled = webhook.failing_since is not None and webhook.held_until is not None
        return cls(
            webhook.failing_since, webhook.held_until, webhook.last_success_at, webhook.last_failure, webhook.greeted,
            TROUBLED_AFTER if troubled else 0,
        )  # fmt: skip

    @property
    def troubled(self) -> bool:
        """Whether the endpoint itself seems to fail, and not single messages."""
        return self.failures >= TROUBLED_AFTER

    def is_held(self, now: datetime) -> bool:
        """Return whether nothing may be sent now."""
        return self.held_until is not None and now < self.held_until

    def succeed(self, now: datetime) -> bool:
        """Note that a message was taken; return whether that ends a trouble."""
        was_troubled = self.troubled
        if was_troubled:
            self.held_until = None  # else the endpoint has asked for the pause, and an earlier message does not end it
        self.failing_since, self.failures, self.last_success_at = None, 0, now
        return was_troubled

    def fail(self, failure: Failure, roll: float, held_until: datetime | None = None) -> None:
        """Note a failure; `held_until` is the time that the endpoint has asked for."""
        self.failing_since = self.failing_since or failure.at
        self.failures += 1
        self.last_failure = failure
        if self.troubled:
            probe = next_probe(self.failing_since, failure.at, roll)
            held_until = probe if held_until is None else max(held_until, probe)
        self.held_until = held_until or self.held_until

    def is_given_up(self, now: datetime) -> bool:
        """Return whether it has failed for so long that nothing more is sent."""
        return self.failing_since is not None and now - self.failing_since >= DISABLED_AFTER

    def fields(self) -> dict[str, object]:
        """Return the stored fields of the condition."""
        return {
            "failing_since": self.failing_since,
            "held_until": self.held_until,
            "last_success_at": self.last_success_at,
            "last_failure": None if self.last_failure is None else self.last_failure.model_dump(),
            "greeted": self.greeted,
        }
