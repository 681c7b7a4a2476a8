"""Bodies of erasures: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.erasures import ErasureGround
from .common import PersonReference

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class RequestErasure(TypedDict):
    """Erase the platform's data about persons. Answers ErasureShape."""

    external_id: NotRequired[str | None]
    people: list[PersonReference]
    ground: ErasureGround
    area: str
