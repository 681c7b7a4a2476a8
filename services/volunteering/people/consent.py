"""The volunteer's consent to be matched (PIPL, art. 13 and 15): recorded with the registration, and its effect."""

from datetime import date, timedelta
from functools import partial
from typing import ClassVar, Final

from services.volunteering.matching.domain.volunteers import Volunteer, is_forgotten, show, shown, withheld, withhold
from services.volunteering.matching.kept_tags import KeptTags
from shared.contracts.consents import ConsentScope, ConsentShape
from shared.contracts.identity_numbers import birth_date_of
from shared.contracts.volunteering.consents import GiveVolunteerConsent, VolunteerConsentGiven
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.engine import Get, Load, Loading, UnitOfWork
from shared.engine.plain import Plain
from shared.people import Sealer
from shared.people.consents import Consent, ConsentDue, OwnHandling
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
from shared.people.identities import Identity, identity_load, identity_of

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
        person_id=volunteer_id, scopes=tuple(sorted(SCOPES)), purpose="volunteer_matching", given_by=asked.given_by,
        guardian=asked.guardian, expires_at=asked.expires_at or work.now + timedelta(days=MOST_DAYS),
        words_version=asked.words_version, obtained=asked.obtained,
    )  # fmt: skip
    sealed = "" if asked.guardian is None else seal_guardian(asked.guardian, consent_id, key)
    after = given(terms, consent_id, work.now, kind="volunteer", area=registration.area, guardian_sealed=sealed)
    _PLAIN.store(work, None, after, VolunteerConsentGiven)


def load_matched(volunteer_id: str) -> Loading:
    """Load the volunteer under every id that a merge has joined, with the tags that merges keep."""
    work = yield [identity_load(volunteer_id)]
    survivor = identity_of(work, volunteer_id).survivor
    work = yield [identity_load(survivor)]
    loads: list[Load] = []
    for one in _ids_of(work, volunteer_id):
        loads += [Get(Volunteer, one), KeptTags(one)]
    yield loads


def allow_matching(work: UnitOfWork, volunteer_id: str, allowed: bool) -> None:
    """Have searches find the volunteer, under the id that stands for all, or find nobody. Needs `load_matched`.

    Promises and open offers stay: they are the volunteer's own to keep or to decline.
    """
    for one in _ids_of(work, volunteer_id):
        volunteer = work.get(Volunteer, one)
        if volunteer is None or is_forgotten(volunteer):
            continue
        after = shown(volunteer) if allowed else withheld(volunteer)
        if after != volunteer:
            work.put(after)
        for merge in work.find(KeptTags(one)):
            tags = show(merge.tags) if allowed else withhold(merge.tags)
            if tags != merge.tags:
                work.put(merge.model_copy(update={"tags": tags}))


def _ids_of(work: UnitOfWork, volunteer_id: str) -> list[str]:
    identity: Identity = identity_of(work, identity_of(work, volunteer_id).survivor)
    return list(dict.fromkeys((volunteer_id, *identity.ids)))


MATCHING: Final = OwnHandling("volunteer_matching", SCOPES, load_matched, allow_matching, _ids_of)
