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
from shared.people.consents import Openers, require_consent, seal_shared
from shared.runtime.audit import area_within

SCOPES: Final[frozenset[ConsentScope]] = frozenset({"need_words", "location"})


def read_shared(
    query: ReadSharedNeed, store: Store, actor: Actor, now: datetime, vault: Opener
) -> Sealed[SharedAnswer] | None:
    """Return the scopes asked for; None for an unknown id, or a need outside the actor's area.

    Raises Refused("not_allowed") as `require_consent` does, before any words are read.
    """
    rule: Document = {"_id": query.person_id, **area_within(actor.area)}
    known = store[Need.collection].find_one(rule, {"area": 1}, max_time_ms=MAX_MILLIS)
    if known is None:
        return None
    require_consent(store, query, actor, now)
    row = store[NeedText.collection].find_one({"_id": query.person_id}, max_time_ms=MAX_MILLIS)
    if row is None:
        return None
    text = NeedText.from_document(row)
    return seal_shared(query, _openers(text, read_keys(store, vault, (text.id,))), known["area"])


def _openers(text: NeedText, keys: OpenKeys) -> Openers:
    @cache  # title and place lie sealed in one piece
    def words() -> NeedTextAnswer:
        return open_text(text, lambda field, sealed: keys.open(sealed, text.id, *place_of(text.id, field)))

    return {
        "location": lambda: words().location,
        "need_words": lambda: SharedWords.model_validate(words().model_dump(exclude={"location"})),
    }
