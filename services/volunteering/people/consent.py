"""The volunteer's consent to be matched (PIPL, art. 13 and 15): recorded with the registration, and its effect."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import ClassVar, Final

from services.volunteering.matching.domain.volunteers import WITHHELD, Volunteer, is_forgotten, shown, withheld
from shared.contracts.consents import ConsentPurpose, ConsentScope, ConsentShape
from shared.contracts.identity_numbers import birth_date_of
from shared.contracts.volunteering.consents import GiveVolunteerConsent, VolunteerConsentGiven
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine import Get, Load, Loading, UnitOfWork
from shared.engine.plain import Plain
from shared.people import Sealer
from shared.people.consents import Consent, ConsentDue, OwnConsents, OwnHandling, is_agreed
from shared.people.consents.domain import (
    MOST_DAYS,
    find_deadline,
    find_next_step,
    given,
    id_prefix,
    is_of_age,
    require_giver,
    seal_guardian,
)
from shared.people.identities import all_ids, identity_load, identity_of

PURPOSE: Final[ConsentPurpose] = "volunteer_matching"
SCOPES: Final[frozenset[ConsentScope]] = frozenset({"identity", "location", "service_record"})
"""Year of birth; home; skills, languages and times: the facts by which a volunteer is searched."""


class VolunteerConsentDue(ConsentDue):
    """The time of a volunteer's consent is over."""

    type: ClassVar[str] = "volunteering.consent_due"


_PLAIN: Final = Plain(
    Consent,
    id_prefix("volunteer"),
    ConsentShape,
    find_next_step,
    deadline=partial(find_deadline, due=VolunteerConsentDue),
)


def needs_consent(registration: RegisterVolunteer, work: UnitOfWork, *, everybody: bool) -> bool:
    """Return whether the volunteer is not matched without the consent that the registration lacks.

    `everybody` is the city's rule; a child under fourteen needs the guardian's in any case (art. 31).
    """
    born = born_of(registration)
    return registration.consent is None and (everybody or (born is not None and not is_of_age(born, work.now)))


def born_of(registration: RegisterVolunteer) -> date | int | None:
    """Return the day of birth by the identity number, else the year given, else None."""
    number = registration.identity_number
    return registration.birth_year if number is None else birth_date_of(number)


def record_consent(work: UnitOfWork, registration: RegisterVolunteer, volunteer_id: str, key: Sealer) -> None:
    """Keep the consent that came with the registration, where one did; `key` is the person's and seals the guardian.

    Raises Refused("invalid") for a child's own consent, an unnamed guardian, and an end that is past or too far away.
    """
    asked = registration.consent
    if asked is None:
        return
    require_giver(asked.given_by, asked.guardian, born_of(registration), work.now)
    consent_id = work.new_id(_PLAIN.kind)
    terms = GiveVolunteerConsent(
        person_id=volunteer_id, scopes=tuple(sorted(SCOPES)), purpose=PURPOSE, given_by=asked.given_by,
        guardian=asked.guardian, expires_at=asked.expires_at or work.now + timedelta(days=MOST_DAYS),
        words_version=asked.words_version, obtained=asked.obtained,
    )  # fmt: skip
    sealed = "" if asked.guardian is None else seal_guardian(asked.guardian, consent_id, key)
    after = given(terms, consent_id, work.now, kind="volunteer", area=registration.area, guardian_sealed=sealed)
    _PLAIN.store(work, None, after, VolunteerConsentGiven)


def load_matched(volunteer_id: str) -> Loading:
    """Load the volunteer under every id that a merge has joined, with the consents by which searches go."""
    work = yield [identity_load(volunteer_id)]
    work = yield [identity_load(identity_of(work, volunteer_id).survivor)]
    yield consent_loads(all_ids(work, volunteer_id))


def consent_loads(ids: Iterable[str]) -> list[Load]:
    """Return the loads that `is_consented` needs."""
    return [load for one in ids for load in (Get(Volunteer, one), _consents_of(one))]


def is_consented(work: UnitOfWork, ids: Iterable[str]) -> bool | None:
    """Return whether the person who is known under these ids consents to be matched; None: no consent is on record.

    A consent counts for all ids. The youngest age that an id names decides where only a guardian may consent (art. 31):
    the consent of a child under another id, which names no such age, does not count. Ids whose data was erased have no
    part. Needs `consent_loads`.
    """
    found = (work.get(Volunteer, one) for one in ids)
    born = {one.id: one.birth_year for one in found if one is not None and not is_forgotten(one)}
    consents = [consent for one in born for consent in work.find(_consents_of(one))]
    youngest = max((year for year in born.values() if year is not None), default=None)
    child = youngest is not None and not is_of_age(youngest, work.now)

    def counts(consent: Consent) -> bool:
        # Under an id with that year itself the owner has looked at the day of birth when the consent was given.
        return not child or consent.given_by == "guardian" or born[consent.person_id] == youngest

    return is_agreed(consents, work.now, counts) if consents else None


def matched(volunteer: Volunteer, consented: bool) -> Volunteer:
    """Return the volunteer as one whom searches find, or do not.

    Promises and open offers stay: they are the volunteer's own to keep or to decline.
    """
    return shown(volunteer) if consented else withheld(volunteer)


def is_withheld(volunteer: Volunteer) -> bool:
    """Return whether no search finds the volunteer for want of consent, also after the return of one who is away."""
    return any(tag.startswith(WITHHELD) for tag in (*volunteer.tags, *volunteer.kept_tags))


def apply_consents(work: UnitOfWork, volunteer_id: str) -> None:
    """Let searches find the person of that id, or hide the person, by the present consents under all ids.

    A merged id is never found; its own consents count again when it is parted. Needs `load_matched`.
    """
    survivor = identity_of(work, volunteer_id).survivor
    consented = is_consented(work, all_ids(work, volunteer_id))
    for one in dict.fromkeys((survivor, volunteer_id)):
        volunteer = work.get(Volunteer, one)
        if volunteer is None or is_forgotten(volunteer):
            continue
        # Stored also where nothing changes: a merge or its undoing that reads the consents meanwhile decides again.
        work.put(volunteer if consented is None or one != survivor else matched(volunteer, consented))


def _consents_of(volunteer_id: str) -> OwnConsents:
    return OwnConsents(volunteer_id, PURPOSE)


MATCHING: Final = OwnHandling(PURPOSE, SCOPES, load_matched, apply_consents, all_ids)
