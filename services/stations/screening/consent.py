"""The separate consents of a resident that screening asks for, under all ids that merges have joined."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.stations.residents.consent import FAMILY, HEALTH, SCREENED, living_ids, require_consent
from services.stations.residents.domain import Resident, ResidentRecord
from services.stations.residents.handlers import guard_record
from shared.contracts.consents import ConsentPurpose
from shared.contracts.refusals import Refused
from shared.engine import Document, Get, Load, Loading, Store, UnitOfWork
from shared.people.consents import Consent, OwnConsents, is_agreed
from shared.people.identities import all_ids, identity_load, identity_of
from shared.people.resolution import find_erased
from shared.people.storage import MAX_MILLIS

MOST_CONSENTS: Final = 200
"""Consents of one person to be screened that are read, the newest: hardly anybody has more than three."""
PURPOSES: Final[tuple[ConsentPurpose, ...]] = (SCREENED, FAMILY)


def load_consents(resident_id: str, purposes: Sequence[ConsentPurpose] = PURPOSES) -> Loading:
    """Load the consents to these purposes, for `require_screened` and `may_tell_family`."""
    work = yield [identity_load(resident_id)]
    work = yield survivor_loads(work, resident_id)
    yield consent_loads(work, resident_id, purposes)


def survivor_loads(work: UnitOfWork, resident_id: str) -> list[Load]:
    """Return the second of the three loads, once the identity is loaded."""
    return [identity_load(identity_of(work, resident_id).survivor)]


def consent_loads(work: UnitOfWork, resident_id: str, purposes: Sequence[ConsentPurpose] = PURPOSES) -> list[Load]:
    """Return the third of the three loads, once the survivor is loaded: consents, residents and records of all ids."""
    ids = all_ids(work, resident_id)
    consents = [OwnConsents(one, purpose) for one in ids for purpose in purposes]
    return [*consents, *(Get(model, one) for one in ids for model in (Resident, ResidentRecord))]


def find_cared_for(work: UnitOfWork, resident_id: str) -> Resident | None:
    """Return the resident who stands for the person of that id: the survivor of its merges; where that one was erased,
    each id is known by itself again. Needs the loads of both residents.
    """
    survivor = work.get(Resident, identity_of(work, resident_id).survivor)
    return work.get(Resident, resident_id) if survivor is None or survivor.state == "erased" else survivor


def require_screened(work: UnitOfWork, resident_id: str, field: str) -> None:
    """Raise Refused("wrong_state") naming data, purpose and next step, where the resident does not consent."""
    require_consent(_find(work, resident_id, SCREENED), HEALTH, SCREENED, work.now, field)


def is_taken_back(work: UnitOfWork, resident_id: str) -> bool:
    """Return whether the person has withdrawn the consent to be screened, under any id, and given none since.

    The withdrawal of one whose time was over counts while no other one holds. Needs `load_consents`.
    """
    found = _to_be_screened(work, resident_id)
    if is_agreed(found, work.now, lambda _: True):
        return False
    withdrawn = [one.withdrawn_at for one in found if one.state == "withdrawn" and one.withdrawn_at]
    given = [one.given_at for one in found if one.state != "withdrawn"]
    return bool(withdrawn) and (not given or max(withdrawn) >= max(given))


def find_lapse(work: UnitOfWork, resident_id: str) -> datetime | None:
    """Return when the time of the last consent to be screened was over, under any id; None while one holds, and for a
    person who has never consented.

    Needs `load_consents`.
    """
    found = _to_be_screened(work, resident_id)
    if is_agreed(found, work.now, lambda _: True):
        return None
    return max((one.expires_at for one in found if one.state != "withdrawn"), default=None)


def may_show_results(store: Store, ids: Sequence[str], now: datetime) -> bool:
    """Return whether the person with these ids consents at `now` to be screened, and so to the use of the results."""
    gone = find_erased(store, ids)
    rule: Document = {
        "person_id": {"$in": [one for one in ids if one not in gone]}, "recipient": None, "purpose": SCREENED,
    }  # fmt: skip
    rows = store[Consent.collection].find(rule).sort("_id", -1).limit(MOST_CONSENTS).max_time_ms(MAX_MILLIS)
    found = [consent for row in rows if HEALTH in (consent := Consent.from_document(row)).scopes]
    return is_agreed(found, now, lambda _: True)


def guard_records(work: UnitOfWork, resident_id: str) -> None:
    """Store the records of the resident as they are, under all ids: a withdrawal, an erasure or a merge that is decided
    at once is decided again, or sees this decision. Needs the third load of consents, with the records.
    """
    for one in all_ids(work, resident_id):
        guard_record(work, one)


def require_family(work: UnitOfWork, resident_id: str, field: str) -> None:
    """Raise Refused("wrong_state") likewise, where the family may not know."""
    require_consent(_find(work, resident_id, FAMILY), HEALTH, FAMILY, work.now, field)


def may_tell_family(work: UnitOfWork, resident_id: str) -> bool:
    """Return whether the family may know."""
    try:
        require_family(work, resident_id, "id")
    except Refused:
        return False
    return True


def _to_be_screened(work: UnitOfWork, resident_id: str) -> list[Consent]:
    return [one for one in _find(work, resident_id, SCREENED) if HEALTH in one.scopes]


def _find(work: UnitOfWork, resident_id: str, purpose: ConsentPurpose) -> list[Consent]:
    ids = living_ids(work, all_ids(work, resident_id))
    return [one for each in ids for one in work.find(OwnConsents(each, purpose))]
