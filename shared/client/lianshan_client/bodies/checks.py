"""Bodies of checks: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class ResolveCheckBody(TypedDict):
    """State whose a second registration is. Answers CheckShape."""

    outcome: CheckOutcome


CheckOutcome = Literal["same_person", "another_person", "nobody"]
