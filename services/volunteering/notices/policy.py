"""The rules of notices that a city may decide."""

from datetime import timedelta
from functools import cached_property

from pydantic import Field

from shared.contracts.volunteering.notices import NoticeLanguage
from shared.engine import Policy


class NoticePolicy(Policy):
    """The settings of notices; whether any are sent is decided by the worker's adapter."""

    notice_language: NoticeLanguage = "zh"
    """The language of notices to volunteers who have chosen none."""
    notice_remind_minutes: int = Field(default=180, ge=10, le=7 * 24 * 60)
    """How long before the slot a volunteer is reminded."""
    notice_call_minutes: int = Field(default=15, ge=1, le=24 * 60)
    """How long before its end an unsent notice is given up, so that the station has time to call."""
    notice_tries: int = Field(default=6, ge=1, le=20)
    """How often a notice is handed to the message gateway or the mail server at most."""

    @cached_property
    def remind_before(self) -> timedelta:
        """`notice_remind_minutes` as a duration."""
        return timedelta(minutes=self.notice_remind_minutes)

    @cached_property
    def call_before(self) -> timedelta:
        """`notice_call_minutes` as a duration."""
        return timedelta(minutes=self.notice_call_minutes)
