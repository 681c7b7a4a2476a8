"""Cursors of the feed: opaque to the caller, an epoch and a position to us. Pure."""

import re
from typing import Final, NamedTuple

from services.gateway.projection.feed import FIRST_EPOCH
from services.gateway.reading.cursors import BadCursorError

MOST_CHARACTERS: Final = 64
CURSOR_PATTERN: Final = "^(?:([0-9a-z]{1,40})-)?([0-9]{1,15})$"
_WRITTEN: Final = re.compile(CURSOR_PATTERN, re.ASCII)


class FeedCursor(NamedTuple):
    """A place in the feed: behind the event at `position`, 0 for the beginning, in that epoch of the feed."""

    epoch: str
    position: int

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
    return FeedCursor(found[1] or FIRST_EPOCH, int(found[2]))


def write_cursor(epoch: str, position: int) -> int | str:
    """Return the cursor as answers show it.

    In the first epoch of a feed that release 0.2.0 began it is a plain number, which both releases give and take while
    they run side by side.
    """
    return position if epoch == FIRST_EPOCH else f"{epoch}-{position}"
