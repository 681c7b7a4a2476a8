"""The queries about needs. The engine records the reads of words about people."""

from functools import partial
from typing import Final

from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.assessed_words import list_assessments, open_assessments
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.override import explain_score
from services.stations.needs.domain.text import NeedText, open_text, place_of
from shared.contracts.access import Actor
from shared.contracts.stations.assessing import NeedAssessmentsAnswer, ReadNeedAssessments
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.need_queries import ReadNeed
from shared.contracts.stations.need_text import NeedTextsAnswer, ReadNeedTexts
from shared.engine import Document, QueryTable, Sealed, Store
from shared.people import Opener, OpenKeys, read_keys
from shared.runtime.audit import area_within

MAX_MILLIS: Final = 5_000
"""The longest time that the store may take over one query."""


def read_need(query: ReadNeed, store: Store) -> NeedAnswer | None:
    """Return the need with the parts of its triage score, and no words about people; None for an unknown id."""
    found = store[Need.collection].find_one({"_id": query.need_id}, max_time_ms=MAX_MILLIS)
    if found is None:
        return None
    need = Need.from_document(found)
    return to_answer(need).model_copy(update={"score_reasons": explain_score(need)})


def read_need_texts(query: ReadNeedTexts, store: Store, actor: Actor, vault: Opener) -> Sealed[NeedTextsAnswer]:
    """Return the words about people by need id; ids that are unknown or outside the actor's area are left out."""
    rule: Document = {"_id": {"$in": list(query.need_ids)}, **area_within(actor.area)}
    needs = store[Need.collection].find(rule, {"area": 1}).max_time_ms(MAX_MILLIS)
    areas: dict[str, str] = {row["_id"]: row["area"] for row in needs}
    rows = store[NeedText.collection].find({"_id": {"$in": list(areas)}}).max_time_ms(MAX_MILLIS)
    found = {row["_id"]: NeedText.from_document(row) for row in rows}
    keys = read_keys(store, vault, tuple(found), NeedText.collection)
    return Sealed(
        tuple(found),
        lambda: NeedTextsAnswer(items={i: open_text(text, partial(_open, keys, i)) for i, text in found.items()}),
        areas=[areas[need_id] for need_id in found],
    )


def _open(keys: OpenKeys, need_id: str, field: str, sealed: str) -> str:
    return keys.open(sealed, need_id, *place_of(need_id, field))


def read_assessments(
    query: ReadNeedAssessments, store: Store, actor: Actor, vault: Opener
) -> Sealed[NeedAssessmentsAnswer] | None:
    """Return the assessments of a need with their words; None for an unknown id and for one outside the actor's area.

    Once the words are deleted, the codes are returned alone.
    """
    need_id = query.need_id
    found = store[Need.collection].find_one({"_id": need_id, **area_within(actor.area)}, max_time_ms=MAX_MILLIS)
    if found is None:
        return None
    need = Need.from_document(found)
    row = store[NeedText.collection].find_one({"_id": need_id}, max_time_ms=MAX_MILLIS)
    text = None if row is None else NeedText.from_document(row)
    keys = read_keys(store, vault, (need_id,), NeedText.collection)

    def open_words() -> NeedAssessmentsAnswer:
        sealed = "" if text is None else text.assessments
        words = open_assessments(_open(keys, need_id, "assessments", sealed)) if sealed else ()
        return NeedAssessmentsAnswer(items=list_assessments(need, words))

    return Sealed((need_id,), open_words, areas=[need.area])


QUERIES: Final[QueryTable] = {
    ReadNeed: read_need,
    ReadNeedTexts: read_need_texts,
    ReadNeedAssessments: read_assessments,
}
