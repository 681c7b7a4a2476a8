"""Laws that today's code breaks: each with a city that shows it, and the reason in one line.

Strict: a city here that keeps the laws fails the tests, so that the change that mends a fault removes its line.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from tests.city.play import Plan, Played, play


@dataclass(frozen=True)
class Known:
    """One failure: the city, the words that its breach contains, and the reason."""

    name: str
    plan: Plan
    words: str
    reason: str
    during: Callable[[], AbstractContextManager[Any]] = nullcontext

    def play(self) -> Played:
        """Play the city."""
        with self.during():
            return play(self.plan)

    def still_fails(self, played: Played) -> bool:
        """Return whether the breach that is expected is among those found."""
        return any(self.words in words for words in played.broken)


KNOWN: Final[tuple[Known, ...]] = ()
