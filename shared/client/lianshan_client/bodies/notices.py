"""Bodies of notices: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.common import NoticeLanguage

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class NoticeChoiceIn(TypedDict):
    """Whether a volunteer is sent notices, and in which language."""

    wanted: bool
    language: NotRequired[NoticeLanguage | None]
