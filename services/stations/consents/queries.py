"""The words about the person of a need that separate consent opens to an agency."""

from datetime import datetime
from functools import cache
from typing import Final

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, open_text, place_of
from services.stations.needs.queries import MAX_MILLIS
from shared.contracts.access import Actor
from shared.contracts.consents import ConsentScope, SharedAnswer, SharedWords
from shared.contracts.stations.consents import ReadSharedNeed
from shared.contracts.stations.need_text import NeedTextAnswer
from shared.engine import Document, Sealed, Store
from shared.people import Opener, OpenKeys, read_keys
from shared.people.consents import Openers, may_open, require_held, seal_shared
from shared.runtime.audit import area_within

SCOPES: Final[frozenset[ConsentScope]] = frozenset({"need_words", "location"})


def read_shared(
    query: ReadSharedNeed, store: Store, actor: Actor, now: datetime, vault: Opener
) -> Sealed[SharedAnswer] | None:
    """Return the scopes asked for; None for an unknown id, one outside the actor's area, and one without consent.

    Raises Refused("invalid") for a scope that the service does not hold of anybody.
    """
    require_held(query, SCOPES)
    rule: Document = {"_id": query.person_id, **area_within(actor.area)}
    known = store[Need.collection].find_one(rule, {"area": 1}, max_time_ms=MAX_MILLIS)
    if not may_open(store, query, actor, now, known=known is not None) or known is None:
        return None
    row = store[NeedText.collection].find_one({"_id": query.person_id}, max_time_ms=MAX_MILLIS)
    if row is None:
        return None
    text = NeedText.from_document(row)
    return seal_shared(query, _openers(text, read_keys(store, vault, (text.id,), NeedText.collection)), known["area"])


def _openers(text: NeedText, keys: OpenKeys) -> Openers:
    @cache  # title and place lie sealed in one piece
    def words() -> NeedTextAnswer:
        return open_text(text, lambda field, sealed: keys.open(sealed, text.id, *place_of(text.id, field)))

    return {
        "location": lambda: words().location,
        "need_words": lambda: SharedWords.model_validate(words().model_dump(exclude={"location"})),
    }
