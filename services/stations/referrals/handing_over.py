"""The referrals of a station that has a successor, sent or received: they go on at the successor, step by step."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo.database import Database

from services.stations.network.domain import Station
from services.stations.referrals.domain import OPEN, UNACCEPTED, Handover, Pair, Referral, handed_over, left_open
from services.stations.referrals.handlers import HANDED_OVER, REFERRALS, REJECTED, REVOKED, store_pair
from shared.engine import Document, Get, Load, Loading, Query, UnitOfWork
from shared.engine.decide.loads import Turn
from shared.people.storage import MAX_MILLIS

MOST_AT_ONCE: Final = 20
"""Referrals sent, and as many received, that one step hands over."""


@dataclass(frozen=True)
class ReferralsFrom(Query[Referral]):
    """The referrals that a station has sent and that have not ended."""

    station_id: str
    model = Referral
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        still: Document = {"state": {"$in": list(OPEN)}}
        found = (database[Referral.collection].find({"station_id": query.station_id, **still}) for query in queries)
        return [list(rows.sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Referral) -> bool:
        """Return whether the station has sent it, and it has not ended."""
        return entity.station_id == self.station_id and entity.state in OPEN


@dataclass(frozen=True)
class HandoversTo(Query[Handover]):
    """The referrals that a station has received and that have not ended."""

    station_id: str
    model = Handover
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        still: Document = {"state": {"$in": list(OPEN)}}
        found = (database[Handover.collection].find({"receiver_id": query.station_id, **still}) for query in queries)
        return [list(rows.sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Handover) -> bool:
        """Return whether the station has received it, and it has not ended."""
        return entity.receiver_id == self.station_id and entity.state in OPEN


@dataclass(frozen=True)
class UnacceptedAt(Query[Handover]):
    """The referrals and enquiries that a station has received, and that nobody has accepted."""

    station_id: str
    model = Handover
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        still: Document = {"state": {"$in": list(UNACCEPTED)}}
        found = (database[Handover.collection].find({"receiver_id": query.station_id, **still}) for query in queries)
        return [list(rows.sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Handover) -> bool:
        """Return whether the station has received it, and nobody has accepted it."""
        return entity.receiver_id == self.station_id and entity.state in UNACCEPTED


def load_unaccepted(station_id: str) -> Loading:
    """Load the referrals that `UnacceptedAt` finds, each with the sender's side."""
    work = yield [UnacceptedAt(station_id)]
    found = work.find(UnacceptedAt(station_id))
    work = yield [Get(Referral, one.referral_id) for one in found]
    yield REFERRALS.load_claims(*(work.require(Referral, one.referral_id, "id") for one in found))


def reject_unaccepted(work: UnitOfWork, station_id: str) -> bool:
    """Reject the referrals to a closed station that nobody has accepted, so that their senders ask others; return
    whether more may be left.
    """
    found = work.find(UnacceptedAt(station_id))
    for late in found:
        before = Pair(work.require(Referral, late.referral_id, "id"), late)
        store_pair(work, before, left_open(before), REJECTED)
    return len(found) == UnacceptedAt.limit


def load_referrals(station_id: str) -> Generator[Sequence[Load], UnitOfWork, list[str]]:
    """Load the referrals that both queries find, each with its other side; return the ids of the senders' sides."""
    work = yield [ReferralsFrom(station_id), HandoversTo(station_id)]
    sent, received = work.find(ReferralsFrom(station_id)), work.find(HandoversTo(station_id))
    sides: list[Load] = [Get(Handover, one.handover_id) for one in sent]
    yield [*sides, *(Get(Referral, one.referral_id) for one in received)]
    return list(dict.fromkeys((*(one.id for one in sent), *(one.referral_id for one in received))))


def hand_over_referrals(
    work: UnitOfWork, station_id: str, loaded: Sequence[str], successor: Station
) -> Generator[Sequence[Load] | Turn, UnitOfWork, bool]:
    """Hand over the loaded referrals; return whether more may be left.

    One between the station and its successor is revoked: the need is with the receiver by now.
    """
    sent, received = len(work.find(ReferralsFrom(station_id))), len(work.find(HandoversTo(station_id)))
    for referral_id in loaded:
        referral = work.require(Referral, referral_id, "id")
        before = Pair(referral, work.require(Handover, referral.handover_id, "id"))
        after = handed_over(before, station_id, successor)
        if after == before:
            continue
        yield REFERRALS.load_claims(before.referral, after.referral)
        store_pair(work, before, after, REVOKED if after.referral.state == "revoked" else HANDED_OVER)
    return MOST_AT_ONCE in {sent, received}
