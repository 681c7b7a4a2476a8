"""The commands of organisations and the deadlines of their qualifications and suspensions, all plain but the end."""

from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.organisations.domain import (
    REMINDERS,
    Organisation,
    OrganisationGone,
    QualificationDue,
    SuspensionDue,
    changed,
    ended,
    find_deadline,
    find_next_step,
    gone_key,
    list_exclusive,
    registered,
    requalified,
    resumed,
    suspended,
)
from shared.contracts.stations.organisations import (
    ChangeOrganisation,
    EndOrganisation,
    OrganisationChanged,
    OrganisationEnded,
    OrganisationRegistered,
    OrganisationResumed,
    OrganisationShape,
    OrganisationSuspended,
    QualificationChanged,
    RegisterOrganisation,
    ResumeOrganisation,
    SuspendOrganisation,
    SuspensionOverdue,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.engine.plain import Check, Plain, check_version

ORGANISATIONS: Final = Plain(
    Organisation, "organisation", OrganisationShape, find_next_step, list_exclusive, find_deadline, REMINDERS
)


def _load_areas(asked: RegisterOrganisation | ChangeOrganisation) -> list[Load]:
    return load_areas(asked.area, *asked.areas)


def _check_areas(asked: RegisterOrganisation | ChangeOrganisation, work: UnitOfWork) -> None:
    check_known(work, "area", asked.area)
    check_known(work, "areas", *asked.areas)


def end_organisation(message: Incoming[EndOrganisation]) -> Handling:
    """End an organisation's part; a timer unlinks it from stations. Raises the errors of every plain change."""
    asked = message.data
    yield [Get(Organisation, asked.id, message.actor.area)]
    work = yield TURN
    before = work.reach(Organisation, asked.id, "id")
    check_version(before, ORGANISATIONS.kind, asked.expected_version)
    after = ended(asked, before, work.now)
    yield ORGANISATIONS.load_claims(before, after)
    work.remind(gone_key(before.id), work.now, OrganisationGone(id=before.id))
    return ORGANISATIONS.store(work, before, after, OrganisationEnded)


KNOWN_AREAS: Final[Check[RegisterOrganisation]] = Check(_load_areas, _check_areas)
STILL_KNOWN_AREAS: Final[Check[ChangeOrganisation]] = Check(_load_areas, _check_areas)
HANDLERS: Final[HandlerTable] = {
    RegisterOrganisation: ORGANISATIONS.create(registered, OrganisationRegistered, KNOWN_AREAS),
    ChangeOrganisation: ORGANISATIONS.change(changed, OrganisationChanged, STILL_KNOWN_AREAS),
    SuspendOrganisation: ORGANISATIONS.change(suspended, OrganisationSuspended),
    ResumeOrganisation: ORGANISATIONS.change(resumed, OrganisationResumed),
    EndOrganisation: end_organisation,
    QualificationDue: ORGANISATIONS.expire(requalified, QualificationChanged),
    SuspensionDue: ORGANISATIONS.remind(SuspensionOverdue),
}
