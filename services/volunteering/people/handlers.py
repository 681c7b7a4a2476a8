"""The handlers of people: the registration of a volunteer."""

from typing import Final, Protocol

from services.volunteering.dispatch.domain.freed import FreedVolunteer, freed_from
from services.volunteering.dispatch.domain.patrol import PATROL, Patrol
from services.volunteering.dispatch.patrol import keep_patrol
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.storage import WaitingForVolunteer
from services.volunteering.dispatch.waiting_list import waiting_loads, wake_waiting
from services.volunteering.matching.domain.absence import pending, volunteer_state
from services.volunteering.matching.domain.volunteers import kept_for_waiting, withheld
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.people import changes, erasure, inactive, promises
from services.volunteering.people.consent import needs_consent, record_consent
from services.volunteering.people.domain import (
    in_codes,
    labels_of,
    particulars_of,
    person_of,
    require_valid_registration,
    volunteer_of,
)
from services.volunteering.people.policy import PeoplePolicy
from services.volunteering.people.same_person import Registration, find_known, keep_claims, load_known
from shared.catalogue import Owner, catalogue_with, load_words
from shared.contracts.volunteering.people import RegisterVolunteer, VolunteerAnswer, VolunteerRegistered
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.external_ids import Namer, name_load
from shared.people import Keeper, Marker, MarkKey, keep_person_name, make_key


class Vault(Namer, Keeper, MarkKey, Protocol):
    """The vault, as a registration needs it."""


def register_volunteer(
    message: Incoming[RegisterVolunteer],
    *,
    vault: Vault,
    dispatch_policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
    catalogue_owner: Owner,
    policy: PeoplePolicy,
) -> Handling:
    """Keep the volunteer and wake the waiting needs of the city that this one suits. Answers the volunteer.

    One who looks like a person already known, in any area, is pending until an officer has checked both.
    Without consent that is needed no search finds the volunteer. Raises Refused("invalid") for an area wider than a
    city, a birth in the future, a skill or a language that the catalogue does not have, and as `record_consent` does.
    """
    labels = labels_of(message.data)
    yield from load_words(labels, catalogue_owner)
    asked = Registration.of(Marker(vault), particulars_of(message.data))

    def read(work: UnitOfWork) -> tuple[RegisterVolunteer, bool, list[FreedVolunteer]]:
        registration = in_codes(message.data, catalogue_with(work, labels, catalogue_owner))
        hidden = needs_consent(registration, work, everybody=policy.matching_needs_consent)
        freed = [] if hidden else [freed_from(volunteer_of("", registration), matching_policy.city_zone, work.now)]
        return registration, hidden, freed

    def load() -> Loading:
        name = name_load(vault, message.actor.principal, "volunteer", message.data.external_id)
        work = yield [Get(Patrol, PATROL), *name, *asked.loads()]
        require_valid_registration(message.data, work.now)
        yield waiting_loads(read(work)[2])
        yield from load_known(work, asked)

    work = yield from take_turn(load)
    registration, hidden, freed = read(work)
    volunteer_id = work.new_id("vol")
    found = volunteer_of(volunteer_id, registration)
    if known := find_known(work, asked):
        found, freed = pending(found), []
    elif any(work.find(WaitingForVolunteer(one)) for one in freed):
        found = kept_for_waiting(found, work.now)
    volunteer = work.put(withheld(found) if hidden else found)
    keep_claims(work, volunteer, asked, known)
    key = make_key(work, vault, volunteer_id)
    work.put(person_of(volunteer_id, registration, work.now, key, Marker(vault)))
    record_consent(work, registration, volunteer_id, key)
    keep_person_name(work, vault, "volunteer", volunteer_id, registration.external_id, sealer=key)
    registered = VolunteerRegistered(
        volunteer_id=volunteer_id,
        version=volunteer.version,
        area=registration.area,
        skills=registration.skills,
        languages=registration.languages,
        standing_acceptance=registration.standing_acceptance,
        state=volunteer_state(volunteer),
    )
    work.emit(registered, about=volunteer, area=registration.area)
    keep_patrol(work, dispatch_policy.recheck_interval)
    wake_waiting(work, freed)
    return VolunteerAnswer(id=volunteer_id, **registered.model_dump(exclude={"volunteer_id"}))


HANDLERS: Final[HandlerTable] = {
    RegisterVolunteer: register_volunteer,
    **changes.HANDLERS,
    **promises.HANDLERS,
    **erasure.HANDLERS,
    **inactive.HANDLERS,
}
