"""The data of a donor that separate consent opens to an agency."""

from datetime import datetime
from typing import Final

from services.charity.donors.domain import Donor, place_of
from services.charity.reading import read_within
from shared.contracts.access import Actor
from shared.contracts.charity.consents import ReadSharedDonor
from shared.contracts.consents import ConsentScope, SharedAnswer, SharedContact, SharedIdentity
from shared.contracts.identity_numbers import known_birth_year
from shared.engine import Sealed, Store
from shared.people import Opener, OpenKeys, read_keys
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
    def text(field: str, sealed: str) -> str:
        return keys.open(sealed, donor.id, *place_of(donor.id, field))

    def year() -> int | None:
        given = None if donor.birth_year_sealed is None else int(text("birth_year_sealed", donor.birth_year_sealed))
        return known_birth_year(given, None if number is None else text("identity_number_sealed", number))

    phone, number = donor.phone_sealed, donor.identity_number_sealed
    return {
        "identity": lambda: SharedIdentity(name=text("name_sealed", donor.name_sealed), birth_year=year()),
        "identity_number": lambda: None if number is None else text("identity_number_sealed", number),
        "contact": lambda: SharedContact(phone=None if phone is None else text("phone_sealed", phone)),
    }
