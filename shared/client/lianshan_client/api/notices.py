"""Calls of notices: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.notices import NoticeChoiceAnswer, NoticePage, NoticeState
from ..bodies.notices import NoticeChoiceIn
from ..calls import Call, new_key


def list_notices(*, dispatch_id: str, state: Sequence[NoticeState] | None = None) -> Call[NoticePage]:
    """List the notices of one dispatch, oldest first, at most five: one of each template."""
    return Call("GET", "/v1/notices", query={"dispatch_id": dispatch_id, "state": state})


def read_notice_choice(volunteer_id: str) -> Call[NoticeChoiceAnswer]:
    """Show whether the volunteer is sent notices; somebody who has chosen nothing is sent them."""
    return Call("GET", f"/v1/volunteers/{quote(volunteer_id, safe='')}/notices")


def choose_notices(
    volunteer_id: str, body: NoticeChoiceIn, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[NoticeChoiceAnswer]:
    """Have a volunteer sent notices or none. Where none are wanted, the station calls about offers instead."""
    return Call(
        "POST",
        f"/v1/volunteers/{quote(volunteer_id, safe='')}/notices",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
