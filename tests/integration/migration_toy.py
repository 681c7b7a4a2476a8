"""Boxes whose stored form has changed: the release before and this one, on the real engine.

Run as a script it migrates as `lianshan migrate` does, and dies where LIANSHAN_FAILPOINTS says.
"""

import sys
from typing import Any, ClassVar

from pymongo import ASCENDING, IndexModel, MongoClient
from pymongo.database import Database

from shared.contracts.stations.needs import EvaluateNeed
from shared.engine import TURN, Entity, Evolving, Get, Handlers, Handling, Incoming, Schema, Step
from shared.engine.decide.handlers import bind
from shared.engine.store.migration import Migration, pending
from shared.runtime import failpoints

SERVICE = "stations"
BATCH = 40
OLD_INDEXES = {"boxes": [IndexModel([("amount", ASCENDING)], name="by_amount")]}
INDEXES = {"boxes": [IndexModel([("whole", ASCENDING), ("rest", ASCENDING)], name="by_whole")]}


def _tens_and_ones(document: dict[str, Any]) -> dict[str, Any]:
    document["whole"], document["rest"] = divmod(document["amount"], 10)
    return document


SCHEMA = Schema((Step("tens and ones apart", change=_tens_and_ones, drops=("by_amount",)),))
SCHEMAS = {"boxes": SCHEMA}


class OldBox(Entity):
    """As the release before stores it."""

    collection: ClassVar[str] = "boxes"
    amount: int = 0

    def filled(self, amount: int) -> "OldBox":
        return self.model_copy(update={"amount": self.amount + amount})


class NewBox(Evolving):
    """As this release stores it."""

    collection: ClassVar[str] = "boxes"
    stored_as: ClassVar[Schema] = SCHEMA
    amount: int = 0
    whole: int = 0
    rest: int = 0

    def filled(self, amount: int) -> "NewBox":
        total = self.amount + amount
        return self.model_copy(update={"amount": total, "whole": total // 10, "rest": total % 10})


def put(message: Incoming[EvaluateNeed], model: type[OldBox] | type[NewBox]) -> Handling:
    """Put the rating into the box."""
    box_id = message.data.need_id
    yield [Get(model, box_id)]
    work = yield TURN
    work.reach_found(box_id, "", "box", box_id, "need_id")
    box = work.get(model, box_id) or model(id=box_id)
    return {"amount": work.put(box.filled(message.data.rating)).amount}


def build(model: type[OldBox] | type[NewBox]) -> Handlers:
    """Return the service's handlers, as the release with that model has them."""
    return Handlers(SERVICE, {EvaluateNeed: bind(put, {"model": model})})


def migrate(database: Database[dict[str, Any]]) -> list[int]:
    """Everything that is to do; gives how many documents each migration has changed."""
    found = pending(database, SERVICE, INDEXES, SCHEMAS, thorough=True)
    return [Migration(database, what, batch=BATCH).run(INDEXES[what.collection]) for what in found]


if __name__ == "__main__":
    failpoints.arm(sys.argv[3])
    with MongoClient[dict[str, Any]](sys.argv[1], tz_aware=True) as client:
        migrate(client[sys.argv[2]])
