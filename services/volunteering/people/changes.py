"""The changes of a volunteer: other terms, a pause, the return, the departure, and all that follows from them."""

from collections.abc import Callable
from functools import partial
from typing import Final

from services.volunteering.dispatch.domain.freed import freed_from
from services.volunteering.dispatch.waiting_list import waiting_loads, wake_waiting
from services.volunteering.matching.domain.absence import (
    back,
    gone,
    is_pause_over,
    paused,
    require_active_data,
    volunteer_state,
)
from services.volunteering.matching.domain.volunteers import Volunteer, answered, is_forgotten
from services.volunteering.matching.pauses import PauseOver, remind_of_end
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.misdirections.handlers import end_by_departure, reopen_on_return
from services.volunteering.misdirections.storage import LastMisdirections
from services.volunteering.people.domain import VolunteerPerson, in_codes, labels_of, place_of
from services.volunteering.people.promises import review_soon
from services.volunteering.people.terms import changed, changed_person, found_by, on_other_terms
from shared.catalogue import Owner, catalogue_with, load_words
from shared.contracts.volunteering.people import (
    ChangeVolunteer,
    EndVolunteering,
    PauseVolunteer,
    ResumeVolunteer,
    VolunteerAnswer,
    VolunteerChanged,
)
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.people import Marker, key_loads
from shared.people.failed_commands import open_known
from shared.people.identities import identity_load, identity_of, require_alone, require_version
from shared.people.keys import key_of
from shared.runtime.vault import Vault

Change = Callable[[UnitOfWork, Volunteer, VolunteerPerson], Volunteer]
"""Returns the volunteer after the change. Raises Refused."""
VolunteerAction = ChangeVolunteer | PauseVolunteer | ResumeVolunteer | EndVolunteering


def change_volunteer(
    message: Incoming[ChangeVolunteer], vault: Vault, matching_policy: MatchingPolicy, catalogue_owner: Owner
) -> Handling:
    """Change the contact or the terms of a volunteer; promises that no longer fit are given to others.

    Answers the volunteer. Raises Refused("invalid") as a registration does, and as `_reach` does.
    """
    labels = labels_of(message.data)
    yield from load_words(labels, catalogue_owner)

    def asked_in_codes(work: UnitOfWork) -> ChangeVolunteer:
        return in_codes(message.data, catalogue_with(work, labels, catalogue_owner))

    def change(work: UnitOfWork, volunteer: Volunteer, person: VolunteerPerson) -> Volunteer:
        return changed(volunteer, person, asked_in_codes(work))

    work = yield from take_turn(partial(_load, message, change, matching_policy))
    volunteer, person = _reach(work, message.data)
    asked = asked_in_codes(work)
    after = changed(volunteer, person, asked)
    person = changed_person(person, after, asked, key_of(work, vault, person.id))
    person = work.put(found_by(person, after, Marker(vault), partial(_open, work, vault, person)))
    return keep_change(work, volunteer, after, person, matching_policy)


def pause_volunteer(message: Incoming[PauseVolunteer], matching_policy: MatchingPolicy) -> Handling:
    """Offer the volunteer nothing for a time; give the promises within that time to others.

    Answers the volunteer. Raises Refused as `paused` and `_reach` do.
    """
    work = yield from take_turn(partial(_load, message, None, matching_policy))
    volunteer, person = _reach(work, message.data)
    return _keep_absence(work, volunteer, paused(volunteer, message.data.until, work.now), person, matching_policy)


def resume_volunteer(message: Incoming[ResumeVolunteer], matching_policy: MatchingPolicy) -> Handling:
    """Let searches find the volunteer again, and wake the waiting needs that suit. Answers the volunteer.

    A contact that was in doubt at the departure is to be checked again. Raises Refused as `_reach` does.
    """
    work = yield from take_turn(partial(_load_with_doubts, message, _back, matching_policy))
    volunteer, person = _reach(work, message.data)
    reopen_on_return(work, identity_of(work, volunteer.id).ids)
    return _keep_absence(work, volunteer, back(volunteer), person, matching_policy)


def end_volunteering(message: Incoming[EndVolunteering], matching_policy: MatchingPolicy) -> Handling:
    """Offer the volunteer nothing any more; give every promise to others. Answers the volunteer.

    A doubt about the contact ends: nobody has to check it. Raises Refused as `_reach` does.
    """
    work = yield from take_turn(partial(_load_with_doubts, message, None, matching_policy))
    volunteer, person = _reach(work, message.data)
    end_by_departure(work, identity_of(work, volunteer.id).ids)
    return _keep_absence(work, volunteer, gone(volunteer), person, matching_policy)


def _keep_absence(
    work: UnitOfWork, before: Volunteer, after: Volunteer, person: VolunteerPerson, policy: MatchingPolicy
) -> VolunteerAnswer:
    remind_of_end(work, after)  # also where there is none: the timer of a former pause is taken away
    return keep_change(work, before, after, person, policy)


def end_pause(message: Incoming[PauseOver], matching_policy: MatchingPolicy) -> Handling:
    """Let searches find the volunteer again at the end of a pause.

    One who resumed or left meanwhile, whose id was merged or whose data is being erased, stays as is.
    """
    work = yield from take_turn(partial(_load, message, _back, matching_policy))
    volunteer = work.get(Volunteer, message.data.volunteer_id)
    person = work.get(VolunteerPerson, message.data.volunteer_id)
    if volunteer is None or person is None or is_forgotten(volunteer) or not identity_of(work, volunteer.id).alone:
        return
    if is_pause_over(volunteer, work.now):
        keep_change(work, volunteer, back(volunteer), person, matching_policy)


def _load(
    message: Incoming[VolunteerAction] | Incoming[PauseOver], change: Change | None, policy: MatchingPolicy
) -> Loading:
    volunteer_id = message.data.volunteer_id
    within = None if isinstance(message.data, PauseOver) else message.actor.area
    person_loads: list[Load] = [Get(VolunteerPerson, volunteer_id), *key_loads(volunteer_id)]
    work = yield [Get(Volunteer, volunteer_id, within), identity_load(volunteer_id), *person_loads]
    volunteer, person = work.get(Volunteer, volunteer_id), work.get(VolunteerPerson, volunteer_id)
    if change is not None and volunteer is not None and person is not None:
        yield waiting_loads([freed_from(change(work, volunteer, person), policy.city_zone, work.now)])


def _load_with_doubts(
    message: Incoming[ResumeVolunteer] | Incoming[EndVolunteering], change: Change | None, policy: MatchingPolicy
) -> Loading:
    yield from _load(message, change, policy)
    work = yield [identity_load(message.data.volunteer_id)]
    yield [LastMisdirections(identity_of(work, message.data.volunteer_id).ids)]


def _back(_: UnitOfWork, volunteer: Volunteer, __: VolunteerPerson) -> Volunteer:
    return back(volunteer)


def _reach(work: UnitOfWork, asked: VolunteerAction) -> tuple[Volunteer, VolunteerPerson]:
    """Return the volunteer and the person.

    Raises Refused("not_found") for an id that the actor does not reach, Refused("version_mismatch"), and
    Refused("wrong_state") for an id that was merged, naming the survivor, or whose data was erased.
    """
    volunteer = work.reach(Volunteer, asked.volunteer_id, "volunteer_id")
    identity = identity_of(work, volunteer.id)
    require_alone(identity, "volunteer_id")
    require_version(identity, "volunteer", asked.expected_version, "If-Match")
    require_active_data(volunteer)
    return volunteer, work.require(VolunteerPerson, volunteer.id, "volunteer_id")


def _open(work: UnitOfWork, vault: Vault, person: VolunteerPerson, field: str) -> str:
    sealed: str | None = getattr(person, field)
    return "" if sealed is None else open_known(work, vault, person.id, sealed, *place_of(person.id, field))


def keep_change(
    work: UnitOfWork, before: Volunteer, after: Volunteer, person: VolunteerPerson, policy: MatchingPolicy
) -> VolunteerAnswer:
    """Store and announce the change, review the promises, and wake the waiting needs that suit an active volunteer."""
    # A change is an act of the volunteer, who is not inactive then; the end of a pause is nobody's act.
    after = work.put(after if isinstance(work.message.data, PauseOver) else answered(after, work.now))
    # The version that people see is the identity's: a merge raises it, too, and both compare it with If-Match.
    identity = work.put(identity_of(work, after.id))
    answer = VolunteerAnswer(
        id=after.id,
        version=identity.public_version,
        area=after.area,
        skills=person.skills,
        languages=person.languages,
        standing_acceptance=after.standing,
        state=volunteer_state(after),
        paused_until=after.away_until,
    )
    data = VolunteerChanged(
        volunteer_id=after.id, registered_at=person.registered_at, **answer.model_dump(exclude={"id"})
    )
    work.emit(data, about=after, area=after.area)
    if on_other_terms(before, after):
        review_soon(work, after)
        if not after.away:
            wake_waiting(work, [freed_from(after, policy.city_zone, work.now)])
    return answer


HANDLERS: Final[HandlerTable] = {
    ChangeVolunteer: change_volunteer,
    PauseVolunteer: pause_volunteer,
    ResumeVolunteer: resume_volunteer,
    EndVolunteering: end_volunteering,
    PauseOver: end_pause,
}
