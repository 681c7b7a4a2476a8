"""The partitions that one worker holds: taken by lease, shared with the other workers, given up when one joins."""

from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from pymongo import WriteConcern
from pymongo.database import Database

from services.gateway.following.registry import durable
from services.gateway.following.state import Partition
from shared.engine.decide.schema import Document
from shared.engine.store.lease import HAS_LAPSED, LEASE_SECONDS, NOBODY, lapses_in
from shared.engine.store.replicas import Replicas, Share

MAJORITY_MILLIS: Final = 5_000


def should_take(number: int, partition: Partition, share: Share, *, lapsed: bool) -> bool:
    """Return whether a worker with that share takes a partition that it does not hold.

    One that was given up waits for the worker whose part it is; one whose holder fell silent is anybody's.
    """
    return lapsed and (is_own(number, share) or partition.holder != NOBODY)


def is_own(number: int, share: Share) -> bool:
    """Return whether that partition belongs to the worker's part."""
    return number % share.count == share.index


class Holding:
    """One worker's leases of partitions."""

    def __init__(self, database: Database[Document]) -> None:
        concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
        self._rows = durable(database).get_collection(Partition.collection, write_concern=concern)
        self._share = Share()
        self._replicas = Replicas(database, self._share)
        self.holder = uuid4().hex

    def refresh(self) -> list[Partition]:
        """Renew, give up and take partitions as the share says; return those that are held now. Raises PyMongoError."""
        self._replicas.refresh()
        self._rows.update_many({"holder": self.holder}, [{"$set": {"until": lapses_in(LEASE_SECONDS)}}])
        rows = list(self._rows.aggregate([{"$sort": {"_id": 1}}, {"$set": {"lapsed": {"$lte": ["$until", "$$NOW"]}}}]))
        held: list[Partition] = []
        for number, row in enumerate(rows):
            partition = Partition.from_document(row)
            if partition.holder == self.holder:
                held += self._keep(number, partition)
            elif should_take(number, partition, self._share, lapsed=row["lapsed"]):
                held += self._take(partition)
        return held

    def leave(self) -> None:
        """Give all partitions up, so that other workers can take them at once. Raises PyMongoError."""
        self._give_up({"holder": self.holder})
        self._replicas.leave()

    def _keep(self, number: int, partition: Partition) -> Sequence[Partition]:
        if is_own(number, self._share):
            return [partition]
        self._give_up({"_id": partition.id, "holder": self.holder})
        return []

    def _take(self, partition: Partition) -> Sequence[Partition]:
        # The version rises: a transaction that the last holder has in hand is refused from now on.
        rule: Document = {"_id": partition.id, "version": partition.version, **HAS_LAPSED}
        news = {"holder": self.holder, "until": lapses_in(LEASE_SECONDS), "version": partition.version + 1}
        if not self._rows.update_one(rule, [{"$set": news}]).modified_count:
            return []
        return [partition.model_copy(update={"holder": self.holder, "version": partition.version + 1})]

    def _give_up(self, rule: Document) -> None:
        self._rows.update_many(rule, [{"$set": {"holder": NOBODY, "until": "$$NOW"}}])
