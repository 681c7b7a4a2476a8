"""The erasure of a volunteer (志愿者): out of matching, freed of promises, then the person's data and key.

Hours and dispatches stay under the volunteer's id, which no longer leads to anybody.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from services.volunteering.checks.domain import resolved
from services.volunteering.checks.storage import CHECKS, ChecksOf, ClaimsOf, delete_claims, open_checks
from services.volunteering.dispatch.conclusion import conclude
from services.volunteering.dispatch.domain.decision import StaffingDecision
from services.volunteering.dispatch.domain.staffing import Staffing, need_of
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.vacancies import refill_vacancies
from services.volunteering.inactivity.handlers import end_inactivity, inactivity_load
from services.volunteering.matching.domain.volunteers import Volunteer, find_hold, forgotten, is_forgotten, released
from services.volunteering.matching.kept_tags import KeptTags, clear_tags
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.people.consent import apply_consents, load_matched
from services.volunteering.people.domain import VolunteerPerson, place_of
from shared.contracts.reasons import reason
from shared.contracts.volunteering.checks import CheckResolved
from shared.contracts.volunteering.consents import VolunteerConsentWithdrawn
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.contracts.volunteering.people import VolunteerErased
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork
from shared.engine.decide.unit_of_work import time_of_id
from shared.people.erasing import ErasurePart, ErasureStepDue, announce, go_on, wait
from shared.people.erasures import Erasures, FirstSteps, Taking
from shared.people.failed_commands import Traces, open_known
from shared.people.identities import identity_of
from shared.runtime.vault import Vault

TELL: Final = announce(VolunteeringErasureAnswered)


class VolunteerErasureDue(ErasureStepDue):
    """The next step in the erasure of a volunteer is due."""

    type: ClassVar[str] = "volunteering.volunteer_erasure_due"


@dataclass(frozen=True)
class _OutOfService(FirstSteps[Volunteer]):
    """Take the volunteer out of matching, give back one promise a step, clear the tags that merges keep.

    A service under way ends first: a volunteer who is checked in is needed there, and earns the minutes.
    """

    dispatching: DispatchPolicy
    matching: MatchingPolicy

    def load(self, work: UnitOfWork, part: ErasurePart, person: Volunteer) -> Loading:  # noqa: ARG002
        hold = find_hold(person, part.passed)
        if not is_forgotten(person):
            yield [inactivity_load(person.id)]
            yield from load_matched(person.id)
        elif hold is not None:
            yield [Get(Staffing, need_of(hold.dispatch_id) or "")]

    def take(self, work: UnitOfWork, part: ErasurePart, person: Volunteer) -> Taking:
        if not is_forgotten(person):
            _take_out_of_matching(work, person)
            end_inactivity(work, person.id, "data_erased")
            go_on(work, part.counted("matching_profile"), VolunteerErasureDue)
        elif find_hold(person, part.passed) is not None:
            yield from self._give_back(work, part, person)
        elif person.serving is not None:
            again = part.model_copy(update={"passed": ()})
            wait(work, again, VolunteerErasureDue, TELL, reason("service_under_way"))
        elif cleared := clear_tags(work, part.subject):
            go_on(work, part.counted("matching_profile", cleared), VolunteerErasureDue)
        elif end_registration(work, part.subject):
            go_on(work, part, VolunteerErasureDue)
        else:
            return False
        return True

    def _give_back(self, work: UnitOfWork, part: ErasurePart, volunteer: Volunteer) -> Handling:
        """Cancel one offer or booking and look for somebody else, in one decision; leave services begun or over."""
        hold = find_hold(volunteer, part.passed)
        dispatch_id = "" if hold is None else hold.dispatch_id
        staffing = work.get(Staffing, need_of(dispatch_id) or "")
        dispatch = None if staffing is None else staffing.dispatch(dispatch_id)
        if staffing is None or dispatch is None or dispatch.state not in {"offered", "accepted"}:
            go_on(work, part.model_copy(update={"passed": (*part.passed, dispatch_id)}), VolunteerErasureDue)
            return
        decision = StaffingDecision(staffing, work.now, self.dispatching)
        work.put(released(volunteer, dispatch_id, work.now))
        decision.change(dispatch, state="cancelled", expires_at=None)
        work = yield from refill_vacancies(work, decision, self.matching)
        conclude(work, decision)
        go_on(work, part.counted("open_dispatches"), VolunteerErasureDue)


def erase_volunteer(
    message: Incoming[VolunteerErasureDue],
    vault: Vault,
    dispatch_policy: DispatchPolicy,
    matching_policy: MatchingPolicy,
) -> Handling:
    """Take the volunteer out of matching; give back one promise a step; then search, delete and answer."""
    return ERASURES.run_step(message, vault, _OutOfService(dispatch_policy, matching_policy))


def _take_out_of_matching(work: UnitOfWork, volunteer: Volunteer) -> None:
    """No search finds the volunteer from here on, so that nothing new is promised while the rest is given back.

    A surviving id goes by the consents under the ids that are left. Needs `load_matched`.
    """
    stored = work.put(forgotten(volunteer))
    apply_consents(work, stored.id)
    person = work.get(VolunteerPerson, volunteer.id)
    # After a restore the replay of the journal has deleted the record; the id has the time of its registration.
    at = (time_of_id(volunteer.id) or work.now) if person is None else person.registered_at
    # Readers keep the highest version: changes of the person are counted by the identity.
    version = max(stored.version, identity_of(work, stored.id).public_version + 1)
    data = VolunteerErased(volunteer_id=stored.id, version=version, area=stored.area, registered_at=at)
    work.emit(data, about=stored, area=stored.area)


def end_registration(work: UnitOfWork, volunteer_id: str) -> bool:
    """Delete the claims of the volunteer, and end the check of the registration; return whether there were any.

    The claims are marks of the personal record, and count with it. Needs `ClaimsOf` and `ChecksOf`.
    """
    checks = open_checks(work, volunteer_id)
    for check in checks:
        CHECKS.store(work, check, resolved(check, "nobody", work.now), CheckResolved)
    return bool(delete_claims(work, volunteer_id) or checks)


def _find_traces(work: UnitOfWork, vault: Vault, person: VolunteerPerson) -> Traces:
    def text(field: str) -> str:
        sealed: str | None = getattr(person, field)
        return "" if sealed is None else open_known(work, vault, person.id, sealed, *place_of(person.id, field))

    return Traces(person.id, ((text("phone"),), (text("identity_number"),)), text("name"), (text("email"),))


ERASURES: Final = Erasures(
    kind="volunteer",
    person=Volunteer,
    record=VolunteerPerson,
    due=VolunteerErasureDue,
    withdrawn=VolunteerConsentWithdrawn,
    tell=TELL,
    traces=_find_traces,
    kept=(reason("kept_hours_nameless"), reason("kept_dispatches_nameless")),
    loads=lambda part: (KeptTags(part.subject), ClaimsOf(part.subject), ChecksOf(part.subject)),
)
HANDLERS: Final[HandlerTable] = {VolunteerErasureDue: erase_volunteer, **ERASURES.requests()}
