"""The reading of personal data by an agency: refused, before anything is opened, without separate consent."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from shared.contracts.access import Actor
from shared.contracts.consents import ConsentScope, ReadShared, SharedAnswer
from shared.contracts.refusals import Refused
from shared.engine import Document, Sealed, Store
from shared.people.consents.domain import Consent, require_separate_consent
from shared.people.erasing import ErasurePart
from shared.people.storage import MAX_MILLIS

MOST_CONSENTS: Final = 200
"""Consents of one person to one agency that are read, the latest first."""
Openers = Mapping[ConsentScope, Callable[[], object]]
"""Opens the data of each scope; called once the read is on record."""


def require_consent(store: Store, query: ReadShared, actor: Actor, now: datetime) -> None:
    """Refuse the query where a scope lacks the person's consent to this agency. Raises Refused("not_allowed").

    Only consents are read, and whether the person's data was erased: then none of them holds, whenever it was given.
    `now` is the owner's city time: in the second of an end the data is closed already.
    """
    rule: Document = {"person_id": query.person_id, "recipient": actor.principal}
    rows = store[Consent.collection].find(rule).sort("_id", -1).limit(MOST_CONSENTS).max_time_ms(MAX_MILLIS)
    erased = store[ErasurePart.collection].find_one(
        {"subject": query.person_id, "state": "erased"}, {"_id": 1}, max_time_ms=MAX_MILLIS
    )
    consents = [] if erased is not None else [Consent.from_document(row) for row in rows]
    require_separate_consent(consents, query.scopes, purpose=query.purpose, recipient=actor.principal, now=now)


def seal_shared(query: ReadShared, openers: Openers, area: str) -> Sealed[SharedAnswer]:
    """Return the scopes asked for, sealed until the read is on record. Call it after `require_consent`.

    Raises Refused("invalid") for a scope of which the service holds no data.
    """
    for scope in query.scopes:
        if scope not in openers:
            raise Refused("invalid", "scope_not_held", field="scopes", data=scope)

    def open_scopes() -> SharedAnswer:
        parts = {scope: openers[scope]() for scope in query.scopes}
        return SharedAnswer.model_validate({"id": query.person_id, **parts})

    return Sealed((query.person_id,), open_scopes, areas=(area,) if area else ())
