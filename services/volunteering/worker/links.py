"""The links in offers: each try of an offer makes one, stored before the message leaves."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

from services.volunteering.answer_links.domain import AnswerLink, find_link_end, make_link
from services.volunteering.notices.domain.notices import Part

TOKEN_BYTES: Final = 32


class Links:
    """Makes links to the page of answers at the city's public address; none where the city has named no address."""

    def __init__(self, public_url: str, draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._public_url, self._draw = public_url.rstrip("/"), draw

    def make(self, template: str, part: Part, now: datetime) -> tuple[str, AnswerLink] | None:
        """Return the address for a message and the link to store, made at `now` (UTC).

        None for a notice that asks for no answer.
        """
        if not self._public_url or template != "offer":
            return None
        ends_at = find_link_end(part.staffing.ends_at)
        token, link = make_link(part.dispatch, now, ends_at, self._draw(TOKEN_BYTES))
        return f"{self._public_url}/a/{token}", link
