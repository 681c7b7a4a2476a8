"""The data of a donor that separate consent opens to an agency."""

from datetime import datetime
from typing import Final

from services.charity.donors.domain import SEALED, Donor, place_of
from services.charity.reading import read_within
from shared.contracts.access import Actor
from shared.contracts.charity.consents import ReadSharedDonor
from shared.contracts.consents import ConsentScope, SharedAnswer, SharedContact, SharedIdentity
from shared.engine import Sealed, Store
from shared.people import Opener, OpenKeys, read_keys
from shared.people.consents import Openers, require_consent, seal_shared

SCOPES: Final[frozenset[ConsentScope]] = frozenset({"identity", "identity_number", "contact"})


def read_shared(
    query: ReadSharedDonor, store: Store, actor: Actor, now: datetime, vault: Opener
) -> Sealed[SharedAnswer] | None:
    """Return the scopes asked for; None for an unknown id, or a donor outside the actor's area.

    Raises Refused("not_allowed") as `require_consent` does, before anything sealed is opened.
    """
    found = read_within(store, Donor, query.person_id, actor.area)
    if found is None:
        return None
    require_consent(store, query, actor, now)
    return seal_shared(query, _openers(found, read_keys(store, vault, (found.id,), set(SEALED.values()))), found.area)


def _openers(donor: Donor, keys: OpenKeys) -> Openers:
    def text(field: str, sealed: str) -> str:
        return keys.open(sealed, donor.id, *place_of(donor.id, field), purpose=SEALED[field])

    def year() -> int | None:
        return None if donor.birth_year_sealed is None else int(text("birth_year_sealed", donor.birth_year_sealed))

    phone, number = donor.phone_sealed, donor.identity_number_sealed
    return {
        "identity": lambda: SharedIdentity(name=text("name_sealed", donor.name_sealed), birth_year=year()),
        "identity_number": lambda: None if number is None else text("identity_number_sealed", number),
        "contact": lambda: SharedContact(phone=None if phone is None else text("phone_sealed", phone)),
    }
