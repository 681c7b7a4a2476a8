"""Bodies of calls: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class EndCallBody(TypedDict):
    """State how a call to a volunteer went. Answers VolunteerCallShape."""

    outcome: CallResult


CallResult = Literal["reached", "not_reached"]
