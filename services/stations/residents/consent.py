"""The consents of a resident: given with the registration, asked for where they are needed, moved with the record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Final

from pymongo.database import Database

from services.stations.residents.domain import Resident, require_alive
from shared.contracts.consents import ConsentPurpose, ConsentScope, ConsentShape, RecordConsent
from shared.contracts.refusals import Refused
from shared.contracts.stations.consents import (
    GiveResidentConsent,
    ResidentConsentExpired,
    ResidentConsentGiven,
    ResidentConsentMoved,
)
from shared.contracts.stations.residents import ResidentParticulars
from shared.engine import Document, Query, UnitOfWork
from shared.engine.plain import Plain
from shared.people import Sealer
from shared.people.consents import Consent, ConsentDue, is_agreed
from shared.people.consents.domain import (
    MOST_DAYS,
    find_deadline,
    find_next_step,
    given,
    id_prefix,
    require_giver,
    seal_guardian,
)
from shared.people.consents.storage import MOST_GIVEN
from shared.people.storage import MAX_MILLIS

RECORD: Final[ConsentPurpose] = "record_keeping"
FAMILY: Final[ConsentPurpose] = "family_notice"
SCREENED: Final[ConsentPurpose] = "health_screening"
HEALTH: Final[ConsentScope] = "health"
"""Sensitive personal information (Personal Information Protection Law, art. 28): consent stands by itself (art. 29)."""
Scopes = Sequence[tuple[ConsentScope, ...]]
"""The data consented to, in parts that stand by themselves."""
PLAIN_DATA: Final[tuple[ConsentScope, ...]] = ("contact", "identity", "location")
NUMBER: Final[ConsentScope] = "identity_number"
"""Sensitive personal information: consent to it stands by itself (art. 29)."""
MOST_ENDED: Final = 50
"""Consents of one resident that go along with the record although they have expired: the newest; and so many that were
withdrawn.
"""


class ResidentConsentDue(ConsentDue):
    """The time of a resident's consent is over."""

    type: ClassVar[str] = "stations.resident_consent_due"


_PLAIN: Final = Plain(
    Consent,
    id_prefix("resident"),
    ConsentShape,
    find_next_step,
    deadline=partial(find_deadline, due=ResidentConsentDue),
)


@dataclass(frozen=True)
class ConsentsOf(Query[Consent]):
    """The consents of one person to every recipient and purpose: all that are given, and the newest that have ended."""

    model = Consent
    limit: ClassVar[int] = MOST_GIVEN + 2 * MOST_ENDED
    person_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["ConsentsOf"]) -> list[list[Document]]:
        """Return the documents for each query, three finds each, by the state."""
        consents = database[Consent.collection]

        def find(query: "ConsentsOf", state: str, most: int) -> Iterable[Document]:
            rule: Document = {"person_id": query.person_id, "state": state}
            return consents.find(rule).sort("_id", -1).limit(most).max_time_ms(MAX_MILLIS)

        most = {"given": MOST_GIVEN, "expired": MOST_ENDED, "withdrawn": MOST_ENDED}
        return [[row for state, limit in most.items() for row in find(one, state, limit)] for one in queries]

    def matches(self, entity: Consent) -> bool:
        """Return whether the consent is that person's."""
        return entity.person_id == self.person_id

    def rank(self, entity: Consent) -> bool:
        """Return the sort key: those that stand come first."""
        return entity.state != "given"


def move_consents(work: UnitOfWork, resident_id: str, area: str) -> None:
    """Have the consents go with the resident to another area, so that its station finds and renews them, and
    the former one has none of them.

    Needs the load `ConsentsOf`.
    """
    for consent in work.find(ConsentsOf(resident_id)):
        if consent.area != area:
            _PLAIN.store(work, consent, consent.model_copy(update={"area": area}), ResidentConsentMoved)


def end_consents_of_dead(work: UnitOfWork, ids: Iterable[str]) -> list[Consent]:
    """End the consents of a resident who has died, with these ids, and return them: their time is over now.

    Civil rights end with death (Civil Code (民法典), art. 13): nobody is left to withdraw a consent (Personal
    Information Protection Law, art. 15), and nobody may rely on one. Needs the loads `ConsentsOf`.
    """
    standing = [consent for one in ids for consent in work.find(ConsentsOf(one)) if consent.state == "given"]
    for consent in standing:
        after = consent.model_copy(update={"state": "expired", "expires_at": min(consent.expires_at, work.now)})
        _PLAIN.store(work, consent, after, ResidentConsentExpired)
    return standing


def living_ids(work: UnitOfWork, ids: Iterable[str]) -> list[str]:
    """Return the ids whose data was not erased: the consents of an erased one, which the erasure has withdrawn, say
    nothing any more. Needs the loads of the residents.
    """
    residents = ((one, work.get(Resident, one)) for one in ids)
    return [one for one, resident in residents if resident is None or resident.state != "erased"]


def record_consents(
    work: UnitOfWork,
    asked: RecordConsent,
    resident: Resident,
    person: ResidentParticulars,
    *,
    scopes: Scopes,
    key: Sealer,
) -> None:
    """Keep the consent to the record that was given just now: one to each of the `scopes`.

    Raises Refused("invalid") for a giver who may not consent, and for an end that is past or too far away, and
    Refused("wrong_state") for a resident who has died.
    """
    require_alive(resident, "consent")
    require_giver(asked.given_by, asked.guardian, person.known_birth_date or person.birth_year, work.now)
    if asked.given_by == "self" and person.capacity != "full":
        raise Refused("invalid", "guardian_must_decide", field="consent.given_by")
    for part in scopes:
        consent_id = work.new_id(_PLAIN.kind)
        terms = GiveResidentConsent(
            person_id=resident.id, scopes=part, purpose=RECORD, given_by=asked.given_by, guardian=asked.guardian,
            expires_at=asked.expires_at or work.now + timedelta(days=MOST_DAYS), words_version=asked.words_version,
            obtained=asked.obtained,
        )  # fmt: skip
        sealed = "" if asked.guardian is None else seal_guardian(asked.guardian, consent_id, key)
        after = given(terms, consent_id, work.now, kind="resident", area=resident.area, guardian_sealed=sealed)
        _PLAIN.store(work, None, after, ResidentConsentGiven)


def require_consent(
    consents: Iterable[Consent], scope: ConsentScope, purpose: ConsentPurpose, now: datetime, field: str
) -> None:
    """Refuse a handling to which the resident does not consent at `now`; `consents` are those to the purpose.

    Raises Refused("wrong_state") naming the data, the purpose and the next step: rule "consent_missing",
    "consent_taken_back" or "consent_over", by the newest consent to it.
    """
    found = sorted((one for one in consents if scope in one.scopes), key=lambda one: one.given_at)
    if is_agreed(found, now, lambda _: True):
        return
    names: dict[str, str] = {"data": scope, "purpose": purpose}
    if not found:
        raise Refused("wrong_state", "consent_missing", field=field, **names)
    last = found[-1]
    if last.state == "withdrawn":
        raise Refused("wrong_state", "consent_taken_back", field=field, id=last.id, **names)
    raise Refused("wrong_state", "consent_over", field=field, id=last.id, **names)
