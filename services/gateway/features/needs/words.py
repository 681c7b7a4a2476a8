"""The words about people that belong to a need: kept by its station, read by an audited query."""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from services.gateway.backend import Backend
from services.gateway.features.needs.request import NeedIn
from services.gateway.http.authentication import may
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.need_parts import Place
from shared.contracts.stations import need_answers as contract
from shared.contracts.stations.need_text import NeedTextAnswer, ReadNeedTexts
from shared.runtime.logging import get_logger


class NeedWords(BaseModel):
    """Title, exact location, the purpose of each line of money by the line's id, and words written since.

    All empty for a caller who may not read words about people.
    """

    title: str | None = None
    location: Place | None = None
    purposes: dict[str, str] = {}
    cancel_reason: str | None = None
    amend_note: str | None = None
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


async def ask_words(backend: Backend, caller: Actor, ids: Sequence[str], path: str) -> dict[str, NeedWords]:
    """Return the words of the needs for a caller who may read them; none where stations cannot be asked now."""
    if not may(caller, "personal:read") or not ids or backend.queries.silent("stations"):
        return {}
    try:
        query = ReadNeedTexts(need_ids=tuple(ids))
        found = await backend.queries.ask(query, actor=caller, why=f"GET {path}")
    except Refused as refusal:
        # A list without titles serves better than none: the view holds everything else.
        get_logger().warning("need_texts_missing", code=refusal.code)
        return {}
    return {need_id: words_of(text) for need_id, text in found.items.items()}
