"""The handlers of people: the registration of a volunteer."""

from typing import Final

from services.volunteering.dispatch.domain.patrol import PATROL, Patrol
from services.volunteering.dispatch.patrol import keep_patrol
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.waiting_list import waiting_list, wake_waiting
from services.volunteering.people.domain import (
    in_codes,
    labels_of,
    person_of,
    require_valid_registration,
    volunteer_of,
)
from shared.catalogue import Owner, catalogue_with, load_words
from shared.contracts.volunteering.people import RegisterVolunteer, VolunteerAnswer, VolunteerRegistered
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming
from shared.engine.decide.external_ids import Namer, keep_name, name_load


def register_volunteer(
    message: Incoming[RegisterVolunteer], vault: Namer, dispatch_policy: DispatchPolicy, catalogue_owner: Owner
) -> Handling:
    """Keep the volunteer and wake the waiting needs of the city that this one suits. Answers the volunteer.

    Raises Refused("invalid") for an area wider than a city, a birth year in the future, and a skill or a
    language that the catalogue does not have.
    """
    labels = labels_of(message.data)
    yield from load_words(labels, catalogue_owner)
    registration = message.data
    name = name_load(vault, message.actor.principal, "volunteer", registration.external_id)
    yield [Get(Patrol, PATROL), waiting_list(registration.area), *name]
    # A plain turn: both loads come from the message alone, so that nothing has to be loaded again.
    work = yield TURN
    require_valid_registration(registration, work.now.year)
    registration = in_codes(registration, catalogue_with(work, labels, catalogue_owner))
    volunteer_id = work.new_id("vol")
    keep_name(work, vault, "volunteer", volunteer_id, registration.external_id)
    volunteer = work.put(volunteer_of(volunteer_id, registration))
    work.put(person_of(volunteer_id, registration, work.now, vault))
    registered = VolunteerRegistered(
        volunteer_id=volunteer_id,
        version=volunteer.version,
        area=registration.area,
        skills=registration.skills,
        languages=registration.languages,
        standing_acceptance=registration.standing_acceptance,
    )
    work.emit(registered, about=volunteer, area=registration.area)
    keep_patrol(work, dispatch_policy.recheck_interval)
    wake_waiting(work, registration.area, [volunteer_id])
    return VolunteerAnswer(id=volunteer_id, **registered.model_dump(exclude={"volunteer_id"}))


HANDLERS: Final[HandlerTable] = {RegisterVolunteer: register_volunteer}
