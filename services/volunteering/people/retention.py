"""The retention of volunteers (志愿者) who have been inactive for years: their data is erased by age.

Personal Information Protection Law, art. 19: personal information is kept no longer than its purpose needs. Whoever has
hours to spend is kept, because the time bank owes them, and so is everybody with an open offer or booking.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from pymongo import WriteConcern
from pymongo.database import Database

from services.volunteering.matching.domain.volunteers import Volunteer, is_forgotten, month_of
from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.people.erasure import VolunteerErasureDue
from services.volunteering.timebank.domain.minting import account_id
from shared.contracts.messages import Instant, Timer
from shared.engine import TURN, Document, Get, HandlerTable, Handling, Incoming
from shared.engine.decide.unit_of_work import make_id
from shared.engine.store.collections import TIMERS
from shared.ledger import Account
from shared.people.consents import Consent
from shared.people.erasing import BY_AGE, ErasurePart, go_on
from shared.people.identities import Identity
from shared.people.retention import BATCH, MAX_MILLIS

MAJORITY_MILLIS: Final = 15_000
KIND_DIGITS: Final = len("vol_") + 9
"""The part of a volunteer's id that holds its kind and its time."""


class VolunteerInactive(Timer):
    """A volunteer has been inactive since before `cutoff`: the data is to be erased."""

    type: ClassVar[str] = "volunteering.volunteer_inactive"
    volunteer_id: str
    cutoff: Instant


def is_inactive(volunteer: Volunteer, registered_at: datetime, cutoff: datetime, now: datetime) -> bool:
    """Return whether the volunteer has done nothing since `cutoff`, and nothing is open.

    Acts are the registration, a promise and a declined offer, these by their month, so that one in the month of the
    cutoff counts. One whose data is being erased already is not inactive.
    """
    open_still = any(hold.ends > now.timestamp() for hold in (*volunteer.offers, *volunteer.bookings))
    if is_forgotten(volunteer) or open_still or volunteer.serving is not None or registered_at >= cutoff:
        return False
    return max(volunteer.month, volunteer.answered_month) < month_of(cutoff)


def retire_volunteer(message: Incoming[VolunteerInactive]) -> Handling:
    """Begin the erasure of a volunteer who is inactive still; by it hours and dispatches stay, nameless."""
    volunteer_id = message.data.volunteer_id
    part_id = f"{BY_AGE}.{volunteer_id}"
    yield [Get(Volunteer, volunteer_id), Get(VolunteerPerson, volunteer_id), Get(ErasurePart, part_id)]
    work = yield TURN
    volunteer, person = work.get(Volunteer, volunteer_id), work.get(VolunteerPerson, volunteer_id)
    if volunteer is None or person is None or work.get(ErasurePart, part_id) is not None:
        return
    if is_inactive(volunteer, person.registered_at, message.data.cutoff, work.now):
        part = ErasurePart(
            id=part_id, erasure_id=BY_AGE, nth=0, kind="volunteer", subject=volunteer_id, area=volunteer.area, reach=""
        )
        go_on(work, part, VolunteerErasureDue)


@dataclass
class InactiveVolunteers:
    """The data of volunteers who have done nothing for `days`, under none of their ids, and have no hours to spend."""

    days: int
    category: str = "inactive_volunteers"
    _after: str = field(default="", init=False)

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Look at up to 200 records in the order of their ids, which rise with time; have the inactive ones erased.

        The service erases them by timers, beside its other work, and looks at each once more in its decision.
        """
        cutoff = now - timedelta(days=self.days)
        bound = make_id("vol", cutoff, "")[:KIND_DIGITS]
        rows = database[VolunteerPerson.collection].find({"_id": {"$gt": self._after, "$lt": bound}}, {"_id": 1})
        found = [row["_id"] for row in rows.sort("_id", 1).limit(BATCH).max_time_ms(MAX_MILLIS)]
        self._after = found[-1] if found else ""
        if not found:
            return None
        inactive = _Batch(database, cutoff, now).find_inactive(found)
        for volunteer_id in inactive:
            _request(database, volunteer_id, cutoff, now)
        return inactive


@dataclass(frozen=True)
class _Batch:
    """The facts in the store by which volunteers are inactive at `now`. Each question is one bounded find."""

    database: Database[Document]
    cutoff: datetime
    now: datetime

    def find_inactive(self, ids: Sequence[str]) -> list[str]:
        """Return those who are inactive under every id, have no hours left and have given no consent since."""
        candidates = {one for one, inactive in self._judge(ids).items() if inactive}
        if not candidates:
            return []
        joined = self._ids_of(candidates)
        every = {one for person in joined.values() for one in person}
        active = {one for one, inactive in self._judge(every - candidates).items() if not inactive}
        kept = active | self._with_hours(every) | self._consenting(every)
        return sorted(one for one in candidates if kept.isdisjoint(joined[one]))

    def _judge(self, ids: Collection[str]) -> dict[str, bool]:
        """Return whether the volunteer with each id is inactive; one whose data is being erased already is not.

        An id without a record is not among them: its data was erased.
        """
        registered = {row["_id"]: _utc(row["registered_at"]) for row in self._find(VolunteerPerson.collection, ids)}
        volunteers = (Volunteer.from_document(row) for row in self._find(Volunteer.collection, registered))
        return {one.id: is_inactive(one, registered[one.id], self.cutoff, self.now) for one in volunteers}

    def _ids_of(self, ids: Collection[str]) -> dict[str, set[str]]:
        """Return all ids of the person with each of these ids."""
        own = self._identities(ids)
        survivors = self._identities({identity.survivor for identity in own.values()})
        return {
            one: {
                one,
                *(survivors[own[one].survivor].ids if one in own else ()),
                *(own[one].others if one in own else ()),
            }
            for one in ids
        }

    def _identities(self, ids: Collection[str]) -> dict[str, Identity]:
        return {row["_id"]: Identity.from_document(row) for row in self._find(Identity.collection, ids)}

    def _with_hours(self, ids: Collection[str]) -> set[str]:
        accounts = {account_id(one): one for one in ids}
        rows = self._find(Account.collection, accounts)
        return {accounts[row["_id"]] for row in rows if Account.from_document(row).balance > 0}

    def _consenting(self, ids: Collection[str]) -> set[str]:
        rows = self._find(Consent.collection, ids, by="person_id")
        given = (Consent.from_document(row) for row in rows)
        return {consent.person_id for consent in given if consent.given_at >= self.cutoff}

    def _find(self, name: str, ids: Collection[str], by: str = "_id") -> Iterable[Document]:
        return self.database[name].find({by: {"$in": list(ids)}}).max_time_ms(MAX_MILLIS)


def _request(database: Database[Document], volunteer_id: str, cutoff: datetime, now: datetime) -> None:
    """Have a timer begin the erasure at once; one that waits already stays."""
    asked = VolunteerInactive(volunteer_id=volunteer_id, cutoff=cutoff)
    row: Document = {
        "due": now, "type": asked.type, "data": asked.model_dump(mode="json"), "correlation": volunteer_id,
        "traceparent": "", "attempts": 0,
    }  # fmt: skip
    concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
    timers = database.get_collection(TIMERS, write_concern=concern)
    timers.update_one({"_id": f"inactive:{volunteer_id}"}, {"$setOnInsert": row}, upsert=True)


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


HANDLERS: Final[HandlerTable] = {VolunteerInactive: retire_volunteer}
