"""Cursors of the feed: opaque to the caller, an epoch and a position to us; and the head that bounds them. Pure."""

import re
from typing import Final, NamedTuple

from services.gateway.projection.feed import FIRST_EPOCH
from services.gateway.reading.cursors import BadCursorError

MOST_CHARACTERS: Final = 64
CURSOR_PATTERN: Final = "^(?:([0-9a-z]{1,40})-)?([0-9]{1,15})(s?)$"
_WRITTEN: Final = re.compile(CURSOR_PATTERN, re.ASCII)


class FeedCursor(NamedTuple):
    """A place in the feed: behind the event at `position`, 0 for the beginning, in that epoch of the feed.

    One that is `in_swept` was given to a reader of the part that keeps the last event about each subject alone; it
    leads on there, and others do not: their events are not all there any more.
    """

    epoch: str
    position: int
    in_swept: bool = False

    @property
    def is_beginning(self) -> bool:
        """Whether it is the plain 0, which stands before the first event in every epoch."""
        return self == BEGINNING


BEGINNING: Final = FeedCursor(FIRST_EPOCH, 0)


def read_cursor(text: str) -> FeedCursor:
    """Return the cursor that the caller has sent. Raises BadCursorError for a text that no page has given."""
    found = _WRITTEN.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if found is None:
        raise BadCursorError(text)
    return FeedCursor(found[1] or FIRST_EPOCH, int(found[2]), bool(found[3]))


def write_cursor(epoch: str, position: int, swept: int = 0) -> int | str:
    """Return the cursor as answers show it; `swept` is the position up to which events are swept.

    In the first epoch of a feed that release 0.2.0 began it is a plain number, which both releases give and take while
    they run side by side.
    """
    if position < swept:
        return f"{epoch}-{position}s" if epoch else f"{position}s"
    return position if epoch == FIRST_EPOCH else f"{epoch}-{position}"


class Head(NamedTuple):
    """The feed's epoch, and the position of its last event; 0 for an empty feed.

    Up to `swept` it keeps the last event about each subject alone.
    """

    epoch: str
    last: int
    swept: int = 0

    def leads_on(self, cursor: FeedCursor) -> bool:
        """Return whether the events behind the cursor are those that follow, without a gap."""
        if cursor.is_beginning:
            return True
        first = 0 if cursor.in_swept else self.swept
        return cursor.epoch == self.epoch and first <= cursor.position <= self.last


EMPTY: Final = Head(FIRST_EPOCH, 0)
