"""Cursors of lists: opaque to the caller, the last id of the page to us. Pure."""

import base64
import binascii
from typing import Final

MOST_CHARACTERS: Final = 256
CURSOR_PATTERN: Final = "^[A-Za-z0-9_-]+$"
"""The form of a cursor: base64url without padding (RFC 4648, section 5)."""


class BadCursorError(ValueError):
    """A cursor that no page has given."""


def encode_cursor(last_id: str) -> str:
    """Return the cursor after the entry with that id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the id that the page comes after. Raises BadCursorError, also beyond MOST_CHARACTERS."""
    try:
        if not cursor.isascii() or len(cursor) > MOST_CHARACTERS:
            raise BadCursorError(cursor)
        # base64 without its padding, which would have to be escaped in a URL (RFC 4648, section 3.2).
        last_id = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadCursorError(cursor) from error
    if not last_id or not last_id.isprintable():
        raise BadCursorError(cursor)
    return last_id
