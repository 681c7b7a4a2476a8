"""The erasure of a volunteer (志愿者): out of matching, freed of what is promised, then the person's data and key.

Hours and dispatches stay under the volunteer's id, which no longer leads to anybody.
"""

from functools import partial
from typing import ClassVar, Final

from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Staffing, need_of
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.vacancies import refill_vacancies
from services.volunteering.matching.domain.volunteers import Volunteer, find_hold, forgotten, is_forgotten, released
from services.volunteering.matching.kept_tags import KeptTags, clear_tags
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.people.domain import VolunteerPerson, place_of
from shared.contracts.reasons import reason
from shared.contracts.stations.erasures import ErasureRequested
from shared.contracts.volunteering.consents import VolunteerConsentWithdrawn
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.contracts.volunteering.people import VolunteerErased
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.people import key_loads
from shared.people.consents import ConsentsToEnd, end_consents
from shared.people.erasing import (
    ErasurePart,
    ErasureStepDue,
    NamesOf,
    announce,
    delete_key,
    delete_names,
    explain_other_ids,
    finish,
    follow_requests,
    go_on,
    open_part,
    part_load,
    wait,
)
from shared.people.failed_commands import FailedCommands, Traces, open_known, search_page
from shared.people.identities import identity_load, identity_of
from shared.runtime.vault import Vault

TELL: Final = announce(VolunteeringErasureAnswered)


class VolunteerErasureDue(ErasureStepDue):
    """The next step in the erasure of a volunteer is due."""

    type: ClassVar[str] = "volunteering.volunteer_erasure_due"


def erase_volunteer(
    message: Incoming[VolunteerErasureDue],
    vault: Vault,
    dispatch_policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
) -> Handling:
    """Take the volunteer out of matching; give back one promise a step; then search, delete and answer.

    A service under way ends first: whoever is checked in is needed there, and earns the minutes.
    """
    work = yield from take_turn(partial(_load, message))
    part = open_part(work, message)
    if part is None:
        return
    volunteer = work.get(Volunteer, part.subject)
    if volunteer is None or not part.reaches(volunteer.area):
        finish(work, part, "unknown", TELL)
    elif not is_forgotten(volunteer):
        _take_out_of_matching(work, volunteer)
        go_on(work, part.counted("matching_profile"), VolunteerErasureDue)
    elif find_hold(volunteer, part.passed) is not None:
        yield from _give_back(work, volunteer, part, dispatch_policy, matching_policy)
    elif volunteer.serving is not None:
        again = part.model_copy(update={"passed": ()})
        wait(work, again, VolunteerErasureDue, TELL, reason("service_under_way"))
    elif cleared := clear_tags(work, part.subject):
        go_on(work, part.counted("matching_profile", cleared), VolunteerErasureDue)
    else:
        _delete(work, vault, volunteer, part)


def _load(message: Incoming[VolunteerErasureDue]) -> Loading:
    work = yield part_load(message)
    part = work.get(ErasurePart, message.data.part_id)
    if part is None:
        return
    subject = part.subject
    person: list[Load] = [Get(Volunteer, subject), Get(VolunteerPerson, subject), *key_loads(subject)]
    work = yield [
        *person,
        identity_load(subject),
        NamesOf(subject),
        ConsentsToEnd(subject),
        KeptTags(subject),
        FailedCommands(part.searched),
    ]
    volunteer = work.get(Volunteer, subject)
    hold = None if volunteer is None else find_hold(volunteer, part.passed)
    if hold is not None:
        yield [Get(Staffing, need_of(hold.dispatch_id) or "")]


def _take_out_of_matching(work: UnitOfWork, volunteer: Volunteer) -> None:
    """No search finds the volunteer from here on, so that nothing new is promised while the rest is given back."""
    stored = work.put(forgotten(volunteer))
    person = work.get(VolunteerPerson, volunteer.id)
    at = work.now if person is None else person.registered_at
    # Readers keep the highest version: changes of the person are counted by the identity.
    version = max(stored.version, identity_of(work, stored.id).public_version + 1)
    data = VolunteerErased(volunteer_id=stored.id, version=version, area=stored.area, registered_at=at)
    work.emit(data, about=stored, area=stored.area)


def _give_back(
    work: UnitOfWork, volunteer: Volunteer, part: ErasurePart, policy: DispatchPolicy, matching_policy: MatchingPolicy
) -> Handling:
    """Cancel one offer or booking and look for somebody else, in one decision; what is begun or over stays."""
    hold = find_hold(volunteer, part.passed)
    dispatch_id = "" if hold is None else hold.dispatch_id
    staffing = work.get(Staffing, need_of(dispatch_id) or "")
    dispatch = None if staffing is None else staffing.dispatch(dispatch_id)
    if staffing is None or dispatch is None or dispatch.state not in {"offered", "accepted"}:
        go_on(work, part.model_copy(update={"passed": (*part.passed, dispatch_id)}), VolunteerErasureDue)
        return
    decision = StaffingDecision(staffing, work.now, policy)
    work.put(released(volunteer, dispatch_id, work.now))
    decision.change(dispatch, state="cancelled", expires_at=None)
    work = yield from refill_vacancies(work, decision, matching_policy)
    conclude(work, decision)
    go_on(work, part.counted("open_dispatches"), VolunteerErasureDue)


def _delete(work: UnitOfWork, vault: Vault, volunteer: Volunteer, part: ErasurePart) -> None:
    person = work.get(VolunteerPerson, volunteer.id)
    part, ended = end_consents(work, part, VolunteerConsentWithdrawn)
    part, last = search_page(work, vault, part, _find_traces(work, vault, volunteer.id, person))
    if not (ended and last):
        go_on(work, part, VolunteerErasureDue)
        return
    if person is not None:
        work.remove(person)
        part = part.counted("personal_record")
    part = delete_names(work, delete_key(work, part))
    kept = [reason("kept_hours_nameless"), reason("kept_dispatches_nameless"), *explain_other_ids(work, volunteer.id)]
    finish(work, part, "erased", TELL, kept)


def _find_traces(work: UnitOfWork, vault: Vault, volunteer_id: str, person: VolunteerPerson | None) -> Traces:
    if person is None:
        return Traces(volunteer_id)

    def text(field: str) -> str:
        sealed: str | None = getattr(person, field)
        return "" if sealed is None else open_known(work, vault, volunteer_id, sealed, *place_of(volunteer_id, field))

    return Traces(volunteer_id, ((text("phone"),), (text("identity_number"),)), text("name"))


HANDLERS: Final[HandlerTable] = {
    ErasureRequested: follow_requests("volunteering", VolunteerErasureDue),
    VolunteerErasureDue: erase_volunteer,
}
