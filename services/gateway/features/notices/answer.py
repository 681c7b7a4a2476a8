"""Answers about notices."""

from typing import Annotated

from pydantic import Field

from services.gateway.http.answers import Answer
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.messages import OPEN
from shared.contracts.volunteering import notices as contract
from shared.contracts.volunteering.notices import NoticeState


class NoticeAnswer(contract.NoticeAnswer, Answer):
    """A notice to the volunteer of one dispatch, without name, telephone or text."""

    reason: ReasonAnswer | None = None  # type: ignore[assignment] # worded


class NoticeChoiceAnswer(contract.NoticeChoiceAnswer, Answer):
    """Whether a volunteer is sent notices, and in which language; null stands for the city's."""


class NoticeReport(Answer):
    """The state of a notice after a report about it."""

    notice_id: str = Field(description="The notice that was reported about.")
    state: Annotated[NoticeState, OPEN] = Field(description="Its state now, by this and all other reports.")


def notice_from_owner(notice: contract.NoticeAnswer) -> NoticeAnswer:
    """Return the notice as its owner has it."""
    return NoticeAnswer.model_validate(notice.model_dump(), extra="ignore")
