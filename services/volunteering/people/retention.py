"""The retention of volunteers (志愿者) who have been inactive for years: their data is erased by age.

Personal Information Protection Law, art. 19: personal information is kept no longer than its purpose needs. Volunteers
with hours to spend are kept, because the time bank owes them: an officer decides on the data, by the inactivity that is
opened. Everybody with an open offer or booking is kept as well.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import WriteConcern
from pymongo.database import Database

from services.volunteering.inactivity.domain import Inactivity, inactivity_id, is_asked_for
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.people.domain import VolunteerPerson
from services.volunteering.people.inactive import InactiveWithHours, InactivityOver, VolunteerInactive, is_inactive
from services.volunteering.timebank.domain.minting import account_id
from shared.engine import Document
from shared.engine.decide.unit_of_work import make_id
from shared.engine.store.collections import TIMERS
from shared.ledger import Account
from shared.people.consents import Consent
from shared.people.identities import Identity
from shared.people.retention import BATCH, MAX_MILLIS

MAJORITY_MILLIS: Final = 15_000
KIND_DIGITS: Final = len("vol_") + 9
"""The part of a volunteer's id that holds its kind and its time."""


@dataclass
class InactiveVolunteers:
    """The data of volunteers who have done nothing for `days` under any of their ids, and have no hours to spend.

    Those who have hours to spend are proposed instead: an inactivity is opened for each.
    """

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
        batch = _Batch(database, cutoff, now)
        inactive, with_hours = batch.find_inactive(found)
        for volunteer_id in inactive:
            _request(database, VolunteerInactive(volunteer_id=volunteer_id, cutoff=cutoff), "inactive", now)
        for volunteer_id in batch.find_asked_for(with_hours):
            _request(database, InactiveWithHours(volunteer_id=volunteer_id, cutoff=cutoff), "inactive_hours", now)
        return inactive


@dataclass
class EndedInactivities:
    """The inactivities of volunteers who have acted since, have spent their hours, or whose data was erased: they end.

    `days` is the age of `InactiveVolunteers`. Nothing is deleted.
    """

    days: int
    category: str = "ended_inactivities"
    _after: str = field(default="", init=False)

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Look at up to 200 inactivities that have not ended, in the order of their ids; have those end that are over.

        Returns no ids: the events of the inactivities say which have ended.
        """
        rule: Document = {"state": {"$in": ["open", "kept"]}, "_id": {"$gt": self._after}}
        rows = database[Inactivity.collection].find(rule).sort("_id", 1).limit(BATCH).max_time_ms(MAX_MILLIS)
        found = {row["_id"]: row["volunteer_id"] for row in rows}
        self._after = max(found, default="")
        if not found:
            return None
        _, with_hours = _Batch(database, now - timedelta(days=self.days), now).find_inactive(list(found.values()))
        for volunteer_id in sorted(set(found.values()) - set(with_hours)):
            _request(database, InactivityOver(volunteer_id=volunteer_id), "inactivity_over", now)
        return ()


@dataclass(frozen=True)
class _Batch:
    """The facts in the store by which volunteers are inactive at `now`. Each question is one bounded find."""

    database: Database[Document]
    cutoff: datetime
    now: datetime

    def find_inactive(self, ids: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return those who are inactive under every id and have given no consent since: without hours, and with hours.

        A person has the hours of every id; of several ids each that has hours itself is among those with hours.
        """
        candidates = {one for one, inactive in self._judge(ids).items() if inactive}
        if not candidates:
            return [], []
        joined = self._ids_of(candidates)
        every = {one for person in joined.values() for one in person}
        active = {one for one, inactive in self._judge(every - candidates).items() if not inactive}
        kept, owed = active | self._consenting(every), self._with_hours(every)
        inactive = sorted(one for one in candidates if kept.isdisjoint(joined[one]))
        return [one for one in inactive if owed.isdisjoint(joined[one])], [one for one in inactive if one in owed]

    def find_asked_for(self, ids: Sequence[str]) -> list[str]:
        """Return the volunteers among these whose inactivity is to be opened."""
        rows = self._find(Inactivity.collection, [inactivity_id(one) for one in ids])
        known = {row["_id"]: Inactivity.from_document(row) for row in rows}
        return [one for one in ids if is_asked_for(known.get(inactivity_id(one)), self.now)]

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


def _request(database: Database[Document], asked: VolunteerInactive | InactivityOver, key: str, now: datetime) -> None:
    """Set a timer that fires at once; one that waits already stays."""
    row: Document = {
        "due": now, "type": asked.type, "data": asked.model_dump(mode="json"), "correlation": asked.volunteer_id,
        "traceparent": "", "attempts": 0,
    }  # fmt: skip
    concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
    timers = database.get_collection(TIMERS, write_concern=concern)
    timers.update_one({"_id": f"{key}:{asked.volunteer_id}"}, {"$setOnInsert": row}, upsert=True)


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
