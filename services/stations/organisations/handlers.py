"""The commands of organisations and the deadlines of their qualifications and suspensions, all plain."""

from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.organisations.domain import (
    REMINDERS,
    Organisation,
    QualificationDue,
    SuspensionDue,
    changed,
    ended,
    find_deadline,
    find_next_step,
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
from shared.engine import HandlerTable, Load, UnitOfWork
from shared.engine.plain import Check, Plain

ORGANISATIONS: Final = Plain(
    Organisation, "organisation", OrganisationShape, find_next_step, list_exclusive, find_deadline, REMINDERS
)


def _load_areas(asked: RegisterOrganisation | ChangeOrganisation) -> list[Load]:
    return load_areas(asked.area, *asked.areas)


def _check_areas(asked: RegisterOrganisation | ChangeOrganisation, work: UnitOfWork) -> None:
    check_known(work, "area", asked.area)
    check_known(work, "areas", *asked.areas)


KNOWN_AREAS: Final[Check[RegisterOrganisation]] = Check(_load_areas, _check_areas)
STILL_KNOWN_AREAS: Final[Check[ChangeOrganisation]] = Check(_load_areas, _check_areas)
HANDLERS: Final[HandlerTable] = {
    RegisterOrganisation: ORGANISATIONS.create(registered, OrganisationRegistered, KNOWN_AREAS),
    ChangeOrganisation: ORGANISATIONS.change(changed, OrganisationChanged, STILL_KNOWN_AREAS),
    SuspendOrganisation: ORGANISATIONS.change(suspended, OrganisationSuspended),
    ResumeOrganisation: ORGANISATIONS.change(resumed, OrganisationResumed),
    EndOrganisation: ORGANISATIONS.change(ended, OrganisationEnded),
    QualificationDue: ORGANISATIONS.expire(requalified, QualificationChanged),
    SuspensionDue: ORGANISATIONS.remind(SuspensionOverdue),
}
