"""The fence of work that one replica at a time may do: the number of the lease that allows it.

A holder that was paused may go on without knowing that another has taken over. So each writes the number of its lease
with its work, and a lower number than the stored one is refused.
https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html
"""

from dataclasses import dataclass


class LeaseLostError(Exception):
    """Another replica now holds the lease: give the work back; no message is to blame."""


@dataclass(slots=True)
class Fence:
    """The number of the lease that this replica holds, as the engine keeps it up to date; 0 while it holds none."""

    number: int = 0

    def check(self, written: int) -> int:
        """Return this replica's number. Raises LeaseLostError where it holds none, or a later holder has written."""
        if self.number == 0 or written > self.number:
            raise LeaseLostError(f"lease {self.number} is over: {written} has written since")
        return self.number
