"""Cursors of lists: opaque to the caller, the last id of the page to us."""

import base64
import binascii
from typing import Final

MOST_CHARACTERS: Final = 256


class BadCursorError(ValueError):
    """Not a cursor that we gave."""


def encode_cursor(last_id: str) -> str:
    """The cursor after the entry with that id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The id that the page comes after. Raises BadCursorError."""
    try:
        if not cursor.isascii() or len(cursor) > MOST_CHARACTERS:
            raise BadCursorError(cursor)
        last_id = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadCursorError(cursor) from error
    if not last_id or not last_id.isprintable():
        raise BadCursorError(cursor)
    return last_id


def feed_id(cursor: int) -> str:
    """A feed cursor as a document's id: padded, so that ids sort as numbers do and the id is the only index."""
    return f"{cursor:016d}"
