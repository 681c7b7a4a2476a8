"""The audited query for the name and telephone of a volunteer who comes, open to the need's area while the need is."""

from typing import Final

from services.volunteering.dispatch.queries import find_staffing
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.domain import VolunteerPerson, place_of
from services.volunteering.people.storage import MAX_MILLIS
from shared.contracts.access import Actor
from shared.contracts.volunteering.contacts import ReadVolunteerContact, VolunteerContact
from shared.engine import QueryTable, Sealed, Store
from shared.people import Opener, read_keys
from shared.people.resolution import ids_of


def read_contact(
    query: ReadVolunteerContact, store: Store, actor: Actor, vault: Opener
) -> Sealed[VolunteerContact] | None:
    """Return name and telephone of a volunteer who has promised to come to the need; None for anybody else.

    None also for a need outside the actor's area, or one that has ended: for the reader all these look alike. The
    volunteer may live anywhere. The read is on record about the volunteer, where they live, and about the need.
    """
    staffing = find_staffing(store, query.need_id, actor.area)
    ids = ids_of(store, query.volunteer_id)
    promise = None if staffing is None else staffing.promise_of(ids)
    if staffing is None or promise is None:
        return None
    found = store[Volunteer.collection].find_one({"_id": ids[0]}, max_time_ms=MAX_MILLIS)
    sealed = store[VolunteerPerson.collection].find_one({"_id": ids[0]}, max_time_ms=MAX_MILLIS)
    if found is None or sealed is None:  # erased
        return None
    volunteer, person = Volunteer.from_document(found), VolunteerPerson.from_document(sealed)
    keys = read_keys(store, vault, (person.id,))

    def answer() -> VolunteerContact:
        return VolunteerContact(
            need_id=staffing.id,
            volunteer_id=person.id,
            dispatch_id=promise.id,
            state=promise.state,
            name=keys.open(person.name, person.id, *place_of(person.id, "name")),
            phone=keys.open(person.phone, person.id, *place_of(person.id, "phone")),
        )

    also = (staffing.id,) if query.volunteer_id == person.id else (staffing.id, person.id)
    areas = (volunteer.area, staffing.area, volunteer.area)[: 1 + len(also)]
    return Sealed((query.volunteer_id,), answer, areas=areas, also=also)


QUERIES: Final[QueryTable] = {ReadVolunteerContact: read_contact}
