"""The reading of personal data by an agency: nothing is opened without separate consent, and nothing is told.

An id that nobody has, one beyond the agency's area and a person without consent are answered alike, after the same
reads, so that an agency learns of no person who has not consented.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from shared.contracts.access import Actor
from shared.contracts.consents import ConsentScope, ReadShared, SharedAnswer
from shared.contracts.refusals import Refused
from shared.engine import Document, Sealed, Store
from shared.people.consents.domain import Consent, opens_to
from shared.people.resolution import find_erased, joined_ids
from shared.people.storage import MAX_MILLIS
from shared.runtime.logging import get_logger
from shared.runtime.metrics import UNREACHED, count_refused

MOST_CONSENTS: Final = 200
"""Consents of one person to one agency that are read, under all ids, the latest first."""
NO_CONSENT: Final = "no_consent"
"""The label of a refused attempt about a known person; the agency itself is not told it."""
Openers = Mapping[ConsentScope, Callable[[], object]]
"""Opens the data of each scope; called once the read is on record."""


def require_held(query: ReadShared, scopes: AbstractSet[ConsentScope]) -> None:
    """Refuse a scope of which the service holds no data of anybody. Call it before anything is looked up.

    Raises Refused("invalid").
    """
    for scope in query.scopes:
        if scope not in scopes:
            raise Refused("invalid", "scope_not_held", field="scopes", data=scope)


def may_open(store: Store, query: ReadShared, actor: Actor, now: datetime, *, known: bool) -> bool:
    """Return whether the person is `known` to the agency's area and consents to all that the query asks for.

    The same is read in either case. Only ids and consents are, and whether the data was erased: then none of them
    holds, whenever it was given. Of a person with several ids a withdrawal under another one counts, too. `now` is the
    owner's city time: in the second of an end the data is closed already.
    A refused attempt is logged and counted, with its cause; the caller's answer must not show that.
    """
    ids = joined_ids(store, query.person_id)
    rule: Document = {"person_id": {"$in": ids}, "recipient": actor.principal}
    rows = store[Consent.collection].find(rule).sort("_id", -1).limit(MOST_CONSENTS).max_time_ms(MAX_MILLIS)
    erased = find_erased(store, ids)
    consents = [consent for row in rows if (consent := Consent.from_document(row)).person_id not in erased]
    if known and opens_to(
        consents, query.scopes, person_id=query.person_id, purpose=query.purpose, recipient=actor.principal, now=now
    ):
        return True
    cause = NO_CONSENT if known else UNREACHED
    count_refused(query.to, query.permission, cause)
    get_logger().warning(
        "access_refused", actor=actor.id, type=query.type, permission=query.permission, reason=cause,
        about=query.person_id,
    )  # fmt: skip
    return False


def seal_shared(query: ReadShared, openers: Openers, area: str) -> Sealed[SharedAnswer]:
    """Return the scopes asked for, sealed until the read is on record. Call it where `may_open` allows it."""

    def open_scopes() -> SharedAnswer:
        parts = {scope: openers[scope]() for scope in query.scopes}
        return SharedAnswer.model_validate({"id": query.person_id, **parts})

    return Sealed((query.person_id,), open_scopes, areas=(area,) if area else ())
