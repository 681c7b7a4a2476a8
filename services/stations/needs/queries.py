"""The queries about needs. The engine records the reads of words about people."""

from typing import Final, Protocol

from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, open_text
from shared.contracts.access import Actor
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.need_queries import ReadNeed
from shared.contracts.stations.need_text import NeedTextsAnswer, ReadNeedTexts
from shared.engine import Document, QueryTable, Sealed, Store
from shared.runtime.audit import area_within

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one query."""


class Opener(Protocol):
    """The part of the vault that opens sealed words."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed."""


def read_need(query: ReadNeed, store: Store) -> NeedAnswer | None:
    """Return the need with the parts of its triage score, and no words about people; None for an unknown id."""
    found = store[Need.collection].find_one({"_id": query.need_id}, max_time_ms=MAX_MILLIS)
    return None if found is None else to_answer(Need.from_document(found))


def read_need_texts(query: ReadNeedTexts, store: Store, actor: Actor, vault: Opener) -> Sealed[NeedTextsAnswer]:
    """Return the words about people by need id; ids that are unknown or outside the actor's area are left out."""
    rule: Document = {"_id": {"$in": list(query.need_ids)}, **area_within(actor.area)}
    needs = store[Need.collection].find(rule, {"area": 1}).max_time_ms(MAX_MILLIS)
    areas: dict[str, str] = {row["_id"]: row["area"] for row in needs}
    rows = store[NeedText.collection].find({"_id": {"$in": list(areas)}}).max_time_ms(MAX_MILLIS)
    found = {row["_id"]: NeedText.from_document(row) for row in rows}
    return Sealed(
        tuple(found),
        lambda: NeedTextsAnswer(items={need_id: open_text(text, vault.open) for need_id, text in found.items()}),
        areas=[areas[need_id] for need_id in found],
    )


QUERIES: Final[QueryTable] = {ReadNeed: read_need, ReadNeedTexts: read_need_texts}
