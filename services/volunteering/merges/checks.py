"""The commands about identity checks: an officer decides, and the known person disowns a registration."""

from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

from services.volunteering.checks.domain import IdentityCheck, disowned, resolved, second_registration
from services.volunteering.checks.storage import CHECKS
from services.volunteering.dispatch.domain.freed import freed_from
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.waiting_list import waiting_loads
from services.volunteering.matching.domain.absence import admitted, rejected
from services.volunteering.matching.domain.volunteers import Volunteer, is_forgotten
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.merges.handlers import MERGES, Promises
from services.volunteering.people.changes import keep_change
from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.checks import (
    CheckDisowned,
    CheckResolved,
    DisownRegistration,
    ResolveCheck,
)
from shared.contracts.volunteering.merges import MergeVolunteers
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import Blinder
from shared.engine.plain import check_version
from shared.people.identities import identity_load, identity_of


def resolve_check(
    message: Incoming[ResolveCheck], vault: Blinder, dispatch_policy: DispatchPolicy, matching_policy: MatchingPolicy
) -> Handling:
    """Decide whose a second registration is. Answers CheckShape.

    Raises Refused("not_found"), Refused("version_mismatch"), Refused("wrong_state") for one decided otherwise, and of
    the same person as `merge_volunteers` does.
    """
    asked = message.data
    work = yield [Get(IdentityCheck, asked.id, message.actor.area)]
    check = work.get(IdentityCheck, asked.id)
    if check is not None and asked.outcome == "same_person" and check.state == "open":
        check_version(work.reach(IdentityCheck, check.id, "id"), CHECKS.kind, asked.expected_version)
        work = yield [identity_load(check.volunteer_id), identity_load(check.known_id)]
        if identity_of(work, check.volunteer_id).alone:
            both = MergeVolunteers(volunteer_id=check.volunteer_id, into_id=identity_of(work, check.known_id).survivor)
            merging: Incoming[MergeVolunteers] = replace(cast("Incoming[Any]", message), data=both)
            return (yield from _merge(merging, vault, Promises(dispatch_policy, matching_policy)))
    work = yield from take_turn(partial(_load, message, matching_policy))
    before = work.reach(IdentityCheck, asked.id, "id")
    check_version(before, CHECKS.kind, asked.expected_version)
    after = resolved(before, asked.outcome, work.now)
    if after is not before and asked.outcome != "same_person":
        _decide(work, before.volunteer_id, matching_policy, admit=asked.outcome == "another_person")
    return CHECKS.store(work, before, after, CheckResolved)


def _merge(message: Incoming[MergeVolunteers], vault: Blinder, promises: Promises) -> Handling:
    """Merge both ids, which decides the check. Answers CheckShape."""
    yield from MERGES.run_merge(message, vault, promises)
    if not promises.ended:  # another message has decided it meanwhile
        raise Refused("conflict", "check_resolved_meanwhile", field="id")
    return promises.ended[0]


def _load(message: Incoming[ResolveCheck], policy: MatchingPolicy) -> Loading:
    work = yield [Get(IdentityCheck, message.data.id, message.actor.area)]
    check = work.get(IdentityCheck, message.data.id)
    if check is None:
        return
    one = check.volunteer_id
    work = yield [Get(Volunteer, one), Get(VolunteerPerson, one), identity_load(one)]
    if (volunteer := work.get(Volunteer, one)) is not None:
        yield waiting_loads([freed_from(admitted(volunteer), policy.city_zone, work.now)])


def _decide(work: UnitOfWork, volunteer_id: str, policy: MatchingPolicy, *, admit: bool) -> None:
    """Admit the registration, or reject it. A registration whose data was erased stays as it is.

    Raises Refused("wrong_state") while the id is merged: it is parted first.
    """
    identity = identity_of(work, volunteer_id)
    if not identity.alone:
        raise Refused("wrong_state", "part_merged_first", field="id", id=volunteer_id, survivor=identity.survivor)
    volunteer, person = work.get(Volunteer, volunteer_id), work.get(VolunteerPerson, volunteer_id)
    if volunteer is None or person is None or is_forgotten(volunteer):
        return
    keep_change(work, volunteer, admitted(volunteer) if admit else rejected(volunteer), person, policy)


def disown_registration(message: Incoming[DisownRegistration]) -> Handling:
    """Record that a second registration is not the known person's. Answers SecondRegistration.

    Raises Refused("not_found") for a check that is not about this person, and as `disowned` does.
    """
    asked = message.data
    yield [
        Get(Volunteer, asked.volunteer_id, message.actor.area),
        identity_load(asked.volunteer_id),
        Get(IdentityCheck, asked.check_id),
    ]
    work = yield TURN
    identity = identity_of(work, work.reach(Volunteer, asked.volunteer_id, "volunteer_id").id)
    check = work.get(IdentityCheck, asked.check_id)
    if check is None or check.known_id not in {identity.survivor, *identity.ids}:
        raise Refused("not_found", "unknown_id", field="check_id", kind=CHECKS.kind, id=asked.check_id)
    after = disowned(asked, check, work.now)
    CHECKS.store(work, check, after, CheckDisowned)
    return second_registration(after)


HANDLERS: Final[HandlerTable] = {ResolveCheck: resolve_check, DisownRegistration: disown_registration}
