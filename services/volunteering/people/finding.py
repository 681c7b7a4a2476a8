"""The audited queries that find volunteers: look-up, and likely duplicates. They answer references alone."""

from typing import Final

from services.volunteering.matching.domain.volunteers import HOME_DECIMALS
from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.people.opening import COMPARED, prepare_opening, reads_beside
from shared.contracts.access import Actor
from shared.contracts.finding import PersonDetails
from shared.contracts.volunteering.people import (
    DuplicateVolunteers,
    FindDuplicateVolunteers,
    LookUpVolunteers,
    VolunteersFound,
)
from shared.engine import QueryTable, Sealed, Store
from shared.people import Particulars
from shared.people.finding import Asked, Register, find_alike, find_described, look_up
from shared.runtime.vault import Vault

VOLUNTEERS: Final = Register("volunteer", VolunteerPerson.collection, COMPARED, reads_beside, prepare_opening)


def look_up_volunteers(query: LookUpVolunteers, store: Store, actor: Actor, vault: Vault) -> Sealed[VolunteersFound]:
    """Return the volunteers of the actor's area who have that telephone, number, or name and year of birth."""
    return look_up(VOLUNTEERS, query, Asked(store, actor, vault), VolunteersFound)


def find_duplicate_volunteers(
    query: FindDuplicateVolunteers, store: Store, actor: Actor, vault: Vault
) -> Sealed[DuplicateVolunteers] | None:
    """Return the volunteers of the actor's area who are likely the person; None for one unknown there."""
    if query.details is not None:
        person = particulars_of(query.details)
        return find_described(VOLUNTEERS, person, Asked(store, actor, vault), DuplicateVolunteers)
    return find_alike(VOLUNTEERS, str(query.person_id), Asked(store, actor, vault), DuplicateVolunteers)


def particulars_of(details: PersonDetails) -> Particulars:
    """Return the particulars of a person who is described, the home as volunteers' are kept: to about 100 m."""
    place = details.location
    return Particulars(
        name=details.name,
        phone=details.phone,
        identity_number=details.identity_number,
        birth_year=details.known_birth_year,
        home=None if place is None else (round(place.lon, HOME_DECIMALS), round(place.lat, HOME_DECIMALS)),
    )


QUERIES: Final[QueryTable] = {
    LookUpVolunteers: look_up_volunteers,
    FindDuplicateVolunteers: find_duplicate_volunteers,
}
