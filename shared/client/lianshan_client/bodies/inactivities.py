"""Bodies of inactivities: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class KeepInactiveVolunteerBody(TypedDict):
    """Keep an inactive volunteer's data for another year. Answers InactivityShape."""

    reason: KeepReason


KeepReason = Literal["hours_will_be_spent", "proof_requested", "dispute_open", "will_return"]
