"""Bodies of misdirections: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class ResolveMisdirectionBody(TypedDict):
    """State the outcome of the check of a volunteer's contact. Answers MisdirectionShape."""

    outcome: MisdirectionOutcome


MisdirectionOutcome = Literal["contact_corrected", "contact_right", "volunteer_left"]
