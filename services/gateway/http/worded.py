"""Reasons in answers: code and values for programs, and the sentence for people in the language of the request."""

from typing import Annotated

from pydantic import ConfigDict, Field, computed_field

from services.gateway.http.answers import Answer, InstantText
from services.gateway.http.language import words
from shared.contracts.messages import OPEN
from shared.contracts.need_parts import SupplyRing


class ReasonAnswer(Answer):
    """A reason code with its values, see docs/reason-codes.md."""

    # A client of ours reads its own answers by this model: the sentence is in them, and is made again when it is shown.
    model_config = ConfigDict(extra="ignore")

    code: str
    args: dict[str, str | int] = Field(default={}, description="The values of the sentence, as machines keep them.")

    # Worded only when the answer is written: views and stores hold no sentence.
    @computed_field(description="The sentence in the language of the answer.")  # type: ignore[prop-decorator]
    @property
    def text(self) -> str:
        """The sentence in the language of the request that is being answered."""
        return words().sentence(self.code, self.args)


class NextStepAnswer(ReasonAnswer):
    """The next step of an open thing, and the instant after which it is overdue; null where it has no date."""

    due: InstantText | None = None


class WaitingAnswer(Answer):
    """A thing that is awaited, the reason why it is not there yet, and the next step."""

    for_what: ReasonAnswer
    reason: ReasonAnswer
    next_step: ReasonAnswer


class TriedAnswer(Answer):
    """One ring that was searched, its yield, and the reasons for it."""

    ring: Annotated[SupplyRing, OPEN]
    gave: int
    reasons: tuple[ReasonAnswer, ...]
    line_id: str | None
