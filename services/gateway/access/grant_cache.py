"""Grants that were found lately, kept in memory for seconds: so long a revoked one may pass in another replica."""

from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from services.gateway.access.grants import Grant

MOST_CACHED: Final = 10_000


@dataclass(slots=True)
class GrantCache:
    """The grants of credentials by their hashes, each for `seconds`."""

    seconds: float
    _kept: dict[str, tuple[float, Grant]] = field(default_factory=dict)

    def find(self, hashed: str) -> Grant | None:
        """Return the grant that was found lately; None where it must be looked up."""
        until, grant = self._kept.get(hashed, (0.0, None))
        return grant if monotonic() < until else None

    def keep(self, hashed: str, grant: Grant) -> None:
        """Keep a grant that was looked up just now."""
        # Emptied rather than ordered by age: only a flood of different valid credentials fills it.
        if len(self._kept) >= MOST_CACHED:
            self._kept.clear()
        self._kept[hashed] = (monotonic() + self.seconds, grant)

    def forget(self, hashed: str) -> None:
        """Drop one that no longer counts."""
        self._kept.pop(hashed, None)

    def clear(self) -> None:
        """Drop all, after a change."""
        self._kept.clear()
