"""What others may ask of volunteering. Read-only, but for the audit row that reading a person's data leaves."""

import json
from datetime import datetime
from typing import Any, Final, Protocol

from bson import ObjectId
from pymongo.database import Database

from services.volunteering.domain.hours import account_id
from services.volunteering.domain.speaking import as_read
from services.volunteering.domain.staffing import Staffing, need_of
from services.volunteering.domain.volunteers import Volunteer, VolunteerPerson
from services.volunteering.storage import AUDIT
from shared.contracts import Refused
from shared.engine.observe.census import Census
from shared.ledger.core import Account, Transfer

MAX_PAGE: Final = 500
MAX_MILLIS: Final = 5_000
"""How long the store may take over one question."""
MOST_COUNTED: Final = 100_000

Store = Database[dict[str, Any]]


class Opening(Protocol):
    """What opens sealed words."""

    def open(self, sealed: str) -> str:
        """The text that was sealed."""


def volunteer(
    store: Store, vault: Opening, volunteer_id: str, *, asked_by: str, why: str, now: datetime
) -> dict[str, Any] | None:
    """Who a volunteer is, how to reach them and how they have served; None where there is none.

    Writes who asked for whom, when and why before anything is opened. Raises Refused without `asked_by` or `why`.
    """
    for field, given in (("asked_by", asked_by), ("why", why)):
        if not given.strip():
            raise Refused(
                "invalid", f"Say {field}: reading a volunteer's data is recorded.", field=field, rule="audited"
            )
    sealed = store[VolunteerPerson.collection].find_one({"_id": volunteer_id}, max_time_ms=MAX_MILLIS)
    document = store[Volunteer.collection].find_one({"_id": volunteer_id}, max_time_ms=MAX_MILLIS)
    if sealed is None or document is None:
        return None
    store[AUDIT].insert_one(
        {
            "_id": ObjectId(),
            "who": asked_by[:200],
            "what": "volunteer",
            "about": [volunteer_id],
            "at": now,
            "why": why[:500],
        }
    )
    known, person = Volunteer.from_document(document), VolunteerPerson.from_document(sealed)
    return {
        "id": known.id,
        "version": known.version,
        "name": vault.open(person.name),
        "phone": vault.open(person.phone),
        "location": json.loads(vault.open(person.location)),
        "area": known.area,
        "birth_year": known.birth_year,
        "skills": list(person.skills),
        "languages": list(person.languages),
        "availability": list(person.availability),
        "standing_acceptance": known.standing,
        "kept": known.kept,
        "missed": known.missed,
        "registered_at": person.registered_at.isoformat(),
    }


def dispatch(store: Store, dispatch_id: str) -> dict[str, Any] | None:
    """The dispatch as the API gives it back; None where there is none."""
    staffing = _staffing(store, need_of(dispatch_id) or "")
    row = None if staffing is None else staffing.row(dispatch_id)
    return None if staffing is None or row is None else as_read(staffing, row)


def staffing(store: Store, need_id: str) -> dict[str, Any] | None:
    """Who was asked for a need and why, which rings were tried, what is waited for; None where there is none."""
    found = _staffing(store, need_id)
    if found is None:
        return None
    return {
        "need_id": found.id,
        "version": found.version,
        "state": found.state,
        "headcount": found.headcount,
        "confirmed": found.held,
        "offered": found.offered,
        "dispatches": [as_read(found, row) for row in found.dispatches],
        "tried": [ring.model_dump() for ring in found.tried],
        "waiting": [reason.model_dump() for reason in found.waiting],
    }


def statement(store: Store, volunteer_id: str, after: str | None = None, limit: int = 100) -> dict[str, Any]:
    """The volunteer's time-bank account: {volunteer_id, balance_minutes, items, next}, oldest first.

    An item has id, at, minutes (negative where they left), reason, cause (the dispatch) and balance-neutral
    state; `after` is a `next`.
    """
    account = account_id(volunteer_id)
    found = store[Account.collection].find_one({"_id": account}, max_time_ms=MAX_MILLIS)
    rule: dict[str, Any] = {"$or": [{"credit_account": account}, {"debit_account": account}]}
    if after:
        rule["_id"] = {"$gt": after}
    limit = max(1, min(limit, MAX_PAGE))
    rows = store[Transfer.collection].find(rule).sort("_id", 1).limit(limit + 1).max_time_ms(MAX_MILLIS)
    items = [_item(Transfer.from_document(row), account) for row in rows]
    return {
        "volunteer_id": volunteer_id,
        "balance_minutes": 0 if found is None else Account.from_document(found).balance,
        "items": items[:limit],
        "next": items[limit - 1]["id"] if len(items) > limit else None,
    }


def _item(moved: Transfer, account: str) -> dict[str, Any]:
    return {
        "id": moved.id,
        "at": moved.at.isoformat(),
        "minutes": moved.amount if moved.credit_account == account else -moved.amount,
        "state": moved.state,
        "reason": moved.reason,
        "cause": moved.cause,
    }


def _staffing(store: Store, need_id: str) -> Staffing | None:
    found = store[Staffing.collection].find_one({"_id": need_id}, max_time_ms=MAX_MILLIS)
    return None if found is None else Staffing.from_document(found)


def waiting_staffings(store: Store, _: datetime) -> dict[str, float]:
    """How many needs still look for people."""
    rule = {"waiting_in": {"$type": "string"}}
    counted = store[Staffing.collection].count_documents(rule, hint="waiting", limit=MOST_COUNTED, maxTimeMS=MAX_MILLIS)
    return {"": counted}


CENSUSES: Final = (Census("lianshan_staffings_waiting", "Needs that still look for volunteers.", waiting_staffings),)
