"""The data of a donor that separate consent opens to an agency."""

from datetime import datetime
from functools import cache
from typing import Final

from services.charity.donors.domain import Donor
from services.charity.donors.opening import open_donor
from services.charity.reading import read_within
from shared.contracts.access import Actor
from shared.contracts.charity.consents import ReadSharedDonor
from shared.contracts.consents import ConsentScope, SharedAnswer, SharedContact, SharedIdentity
from shared.engine import Sealed, Store
from shared.people import Opener, OpenKeys, Particulars, read_keys
from shared.people.consents import Openers, may_open, require_held, seal_shared

SCOPES: Final[frozenset[ConsentScope]] = frozenset({"identity", "identity_number", "contact"})


def read_shared(
    query: ReadSharedDonor, store: Store, actor: Actor, now: datetime, vault: Opener
) -> Sealed[SharedAnswer] | None:
    """Return the scopes asked for; None for an unknown id, one outside the actor's area, and one without consent.

    Raises Refused("invalid") for a scope that the service does not hold of anybody.
    """
    require_held(query, SCOPES)
    found = read_within(store, Donor, query.person_id, actor.area)
    if not may_open(store, query, actor, now, known=found is not None) or found is None:
        return None
    return seal_shared(query, _openers(found, read_keys(store, vault, (found.id,), Donor.collection)), found.area)


def _openers(donor: Donor, keys: OpenKeys) -> Openers:
    @cache
    def opened() -> Particulars:
        return open_donor(donor.to_document(), keys)

    return {
        "identity": lambda: SharedIdentity(name=opened().name, birth_year=opened().birth_year),
        "identity_number": lambda: opened().identity_number,
        "contact": lambda: SharedContact(phone=opened().phone),
    }
