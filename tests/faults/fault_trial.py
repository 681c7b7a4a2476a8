"""A day under faults, and how it must end."""

import os
import secrets
import time

from fault_city import City
from fault_load import Load
from fault_outcome import Outcome, real, replayed

SEED = os.environ.get("LIANSHAN_FAULT_SEED") or secrets.token_hex(4)


class Trial:
    """A day under faults, and how it must end."""

    def __init__(self, city: City, load: Load) -> None:
        self.city = city
        self.load = load
        self.expected: Outcome = replayed(load.day)
        self._breaches = set(city.breaches())

    def holds(self, seconds: float = 120.0) -> None:
        """Everything answered has its effect, once: as the replay says; at rest; and every law is kept."""
        self.load.finish()
        end_at = time.monotonic() + seconds
        while wrong := self._not_yet():
            assert time.monotonic() < end_at, f"after {seconds:g} s still:\n  " + "\n  ".join(wrong[:20])
            time.sleep(0.3)

    def _not_yet(self) -> list[str]:
        # Messages in a consumer's hand stand in no queue, so the laws too are given until the end to hold.
        if moving := self.city.at_rest():
            return moving
        different = real(self.city, self.load.day, self.load.ids).differences(self.expected)
        return different or [breach for breach in self.city.breaches() if breach not in self._breaches]
