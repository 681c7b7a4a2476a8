"""Presence that two ids of one person had at the same time: it is credited once, as long as the ids are one person.

Two registrations of one person could serve side by side before they were merged. Of each pair of minutes the one that
was credited first stays; the other goes back to its mint, and returns when the ids are parted.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from shared.ledger.core import Transfer

TAKEN_BACK: Final = "overlap_taken_back"
"""The reason of a transfer from the account back to the mint."""
GIVEN_BACK: Final = "overlap_given_back"
"""The reason of a transfer that returns such minutes."""
_MINUTE: Final = 60


class Presence(NamedTuple):
    """A credited service: the account and its minutes, which are the last ones before `ends` (seconds since 1970)."""

    account: str
    dispatch_id: str
    minutes: int
    ends: int

    @property
    def starts(self) -> int:
        """The second in which the minutes that count begin."""
        return self.ends - self.minutes * _MINUTE


def find_doubles(presences: Sequence[Presence], *, begun_minutes_count: bool) -> dict[str, int]:
    """Return the minutes of each dispatch that earlier presences of other accounts cover, in order of their crediting.

    One account is never counted against itself: nobody is checked in twice under one id.
    """
    doubles: dict[str, int] = {}
    for nth, presence in enumerate(presences):
        others = [other for other in presences[:nth] if other.account != presence.account]
        free = presence.minutes * _MINUTE - _covered(presence, others)
        left = -(-free // _MINUTE) if begun_minutes_count else free // _MINUTE
        if left < presence.minutes:
            doubles[presence.dispatch_id] = presence.minutes - left
    return doubles


def _covered(presence: Presence, others: Iterable[Presence]) -> int:
    """Return the seconds of the presence that the others cover together."""
    covered, reached = 0, presence.starts
    for other in sorted(others, key=lambda one: one.starts):
        begins, ends = max(other.starts, reached), min(other.ends, presence.ends)
        if begins < ends:
            covered += ends - begins
            reached = ends
    return covered


def sum_taken_back(entries: Iterable[Transfer]) -> Mapping[str, int]:
    """Return the minutes taken back so far, by dispatch."""
    taken: dict[str, int] = {}
    for entry in entries:
        if entry.reason in {TAKEN_BACK, GIVEN_BACK}:
            sign = 1 if entry.reason == TAKEN_BACK else -1
            taken[entry.cause] = taken.get(entry.cause, 0) + sign * entry.amount
    return taken
