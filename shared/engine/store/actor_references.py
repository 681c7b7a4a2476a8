"""The principals behind the references that this service has given: the index, and the look-up of one."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from shared.contracts.access.owners import ActorAnswer
from shared.engine.decide.actor_references import ActorReference
from shared.engine.decide.schema import Document

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    ActorReference.collection: [IndexModel([("reference", ASCENDING)], name="reference", unique=True)],
}
MAX_MILLIS: Final = 5_000


def find_actor(store: Database[Document], reference: str) -> ActorAnswer | None:
    """Return the principal behind the reference; None for one that this service has not given."""
    found = store[ActorReference.collection].find_one({"reference": reference}, max_time_ms=MAX_MILLIS)
    if found is None:
        return None
    return ActorAnswer(reference=reference, principal=found["_id"], kind=found["kind"])
