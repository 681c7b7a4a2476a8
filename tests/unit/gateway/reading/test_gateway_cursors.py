"""Cursors of lists lead back to where a page ended, and no others are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.reading.cursors import BadCursorError, decode_cursor, encode_cursor


@given(st.text(alphabet="abcdefghijklmnop0123456789_:.@-", min_size=1, max_size=64))
def test_a_cursor_leads_back_to_where_the_page_ended(last_id: str) -> None:
    assert decode_cursor(encode_cursor(last_id)) == last_id


@pytest.mark.parametrize("cursor", ["", "!", "é", "a", "AAAA", "a" * 500])
def test_a_cursor_of_ones_own_making_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(cursor)
