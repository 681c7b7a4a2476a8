"""Answers about notices."""

from services.gateway.http.answers import Answer
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.volunteering import notices as contract


class NoticeAnswer(contract.NoticeAnswer, Answer):
    """A notice to the volunteer of one dispatch, without name, telephone or text."""

    reason: ReasonAnswer | None = None  # type: ignore[assignment] # worded


class NoticeChoiceAnswer(contract.NoticeChoiceAnswer, Answer):
    """Whether a volunteer is sent notices, and in which language; null stands for the city's."""


def notice_from_owner(notice: contract.NoticeAnswer) -> NoticeAnswer:
    """Return the notice as its owner has it."""
    return NoticeAnswer.model_validate(notice.model_dump(), extra="ignore")
