"""The words about people that belong to a need: kept by its station, read by an audited query."""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from services.gateway.features.needs.request import NeedIn
from shared.contracts.need_parts import Place
from shared.contracts.stations import need_answers as contract
from shared.contracts.stations.need_text import NeedTextAnswer


class NeedWords(BaseModel):
    """Title, exact location, the purpose of each line of money by the line's id, and words written when the need ended.

    All empty for a caller who may not read words about people.
    """

    title: str | None = None
    location: Place | None = None
    purposes: dict[str, str] = {}
    cancel_reason: str | None = None
    confirm_note: str | None = None
    evaluation_comment: str | None = None


NO_WORDS: Final = NeedWords()


def own_words(need: NeedIn, lines: Sequence[contract.LineAnswer]) -> NeedWords:
    """Return the words that the caller has just written; `lines` are those of the need as its station took it in."""
    purposes = {
        line.id: asked.purpose
        for line, asked in zip(lines, need.lines, strict=False)
        if asked.kind == "money" and asked.purpose
    }
    return NeedWords(title=need.title, location=need.location, purposes=purposes)


def words_of(answer: NeedTextAnswer) -> NeedWords:
    """Return the words as their station answers them."""
    return NeedWords.model_validate(answer, from_attributes=True)
