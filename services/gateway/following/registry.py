"""The register of views: the generations of each that are read, built or retired; any process keeps it in order.

Every change is guarded by versions, so that any process may make it, any number of times.
"""

from collections.abc import Callable, Mapping, Sequence
from random import random
from time import monotonic, sleep
from typing import Final

from pymongo import ReadPreference
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from services.gateway.following import state as rules
from services.gateway.following.state import Partition, Skip, ViewState, partition_id, split_name, stored_name
from services.gateway.projection.feature import PARTITIONS, Feature
from services.gateway.projection.feed import FEED, FeedHead
from shared.engine import Entity
from shared.engine.decide.batch import Decisions
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.errors import Conflict
from shared.runtime.clock import MachineTime
from shared.runtime.control import read_store_time
from shared.runtime.logging import get_logger

TRIES: Final = 20
"""How often a change is repeated after a conflict with another process."""
CONFLICT_SECONDS: Final = 0.1
"""The longest pause after a conflict; it is random, so that two processes do not meet again in step."""
KEEP_SECONDS: Final = 2.0
SETTLED_SECONDS: Final = 30.0
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one read."""
MOST_COMPARED: Final = 1_000
"""Skipped events of a new generation that are looked up among those of the live one: one more is enough."""
MARKS: Final = dict.fromkeys(("version", "live", "edition", "building", "building_edition", "retired"), 1)
"""The fields by which a changed state is told, and one that was removed and entered again."""
Store = Database[Document]
Pair = tuple[Entity | None, Entity]
"""An entity as it was read, None where it is new, and as it is to be stored."""


def changes(*pairs: Pair) -> Decisions:
    """Return the changes of entities as the commit takes them: guarded by the version that was read."""
    known = IdentityMap()
    for before, after in pairs:
        key = (type(after), after.id)
        known.originals[key] = before
        known.entities[key] = after.model_copy(update={"version": (0 if before is None else before.version) + 1})
        known.changed_ids.setdefault(key[0], set()).add(after.id)
    return Decisions(known)


def durable(database: Store) -> Store:
    """Return the database with reads of data that a majority of the replica set has."""
    return database.with_options(read_concern=ReadConcern("majority"), read_preference=ReadPreference.PRIMARY)


class Registry:
    """The register of one store, for the features of this release."""

    def __init__(self, database: Store, features: Sequence[Feature]) -> None:
        self._database = durable(database)
        self.features = {feature.name: feature for feature in features if feature.views}
        self._states: Mapping[str, ViewState] = {}
        """As they were last read."""
        self._kept: Mapping[str, ViewState] | None = None
        """As they were before the register was last put in order."""
        self._next_keep = 0.0

    # ---- reading --------------------------------------------------------------------------------------------

    def states(self) -> Mapping[str, ViewState]:
        """Return the state of every feature's views, the same mapping while none has changed. Raises PyMongoError."""
        stored, known = self._database[ViewState.collection], self._states
        # They hardly ever change, and are looked at every second: then their versions alone are read.
        marks = {row.pop("_id"): row for row in stored.find({}, MARKS, max_time_ms=MAX_MILLIS)}
        if marks != {name: {field: getattr(state, field) for field in MARKS} for name, state in known.items()}:
            rows = stored.find(max_time_ms=MAX_MILLIS)
            self._states = {row["_id"]: ViewState.from_document(row) for row in rows}
        return self._states

    def partitions(self) -> list[Partition]:
        """Return the partitions in their order. Raises PyMongoError."""
        rows = self._database[Partition.collection].find(max_time_ms=MAX_MILLIS).sort("_id")
        return [Partition.from_document(row) for row in rows]

    def head(self) -> int:
        """Return the last cursor of the feed, 0 where it is empty. Raises PyMongoError."""
        row = self._database[FeedHead.collection].find_one({"_id": FEED}, {"last": 1}, max_time_ms=MAX_MILLIS)
        return 0 if row is None else int(row["last"])

    # ---- changing -------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Enter the views that have no state yet, with their collections, so that they can be followed and read."""
        self._until_committed(self._enter)
        self.keep()

    def renew(self) -> None:
        """Begin to build each view whose definition is of a later edition than the stored one."""
        for name, feature in self.features.items():
            state = self.states().get(name)
            if state is not None and max(state.edition, state.building_edition) < feature.edition:
                self.rebuild(name, by=f"edition {feature.edition}")

    def rebuild(self, name: str, *, by: str) -> ViewState:
        """Begin a new generation of the feature's views; return the state. Raises KeyError for one without views."""
        edition = self.features[name].edition
        return self._change(name, lambda state: rules.begin(state, edition, self._now(), by))

    def abandon(self, name: str) -> ViewState:
        """Give the generation up that is built; return the state. Raises KeyError, and ValueError for a first one."""
        return self._change(name, lambda state: rules.abandon(state, self._now()))

    def keep(self) -> None:
        """Put the register in order: begin, switch, retire and drop generations as their states say.

        Raises PyMongoError or StoreUnreachableError.
        """
        self._until_committed(self._follow)
        self._switch()
        self._drop()

    def keep_where_due(self) -> None:
        """Put the register in order after a change, every 2 s while a generation is to go, and otherwise every 30 s.

        Raises as `keep` does.
        """
        if self._states is self._kept and monotonic() < self._next_keep:
            return
        # Before, so that one that fails is not tried at once; a change of its own is read with the next look.
        self._kept, self._next_keep = self._states, monotonic() + KEEP_SECONDS
        self.keep()
        if not any(state.building or state.drop_after for state in self._states.values()):
            self._next_keep = monotonic() + SETTLED_SECONDS

    def _enter(self) -> None:
        found, empty = self.states(), self.head() == 0
        new = [
            rules.new_state(feature, feed_is_empty=empty, now=self._now())
            for name, feature in self.features.items()
            if name not in found
        ]
        there = {partition.id for partition in self.partitions()}
        parts = [Partition(id=partition_id(n)) for n in range(PARTITIONS) if partition_id(n) not in there]
        self._commit(*((None, one) for one in (*new, *parts)))

    def _follow(self) -> None:
        """Give each generation that is wanted its collections, and a cursor in every partition; end the others."""
        states = self._own_states()
        wanted = {lane.name for state in states for lane in state.wanted}
        pairs = [(p, rules.with_lanes(p, wanted, set(self.features))) for p in self.partitions()]
        changed: list[Pair] = [(before, after) for before, after in pairs if before.lanes != after.lanes]
        if changed:
            for state in states:
                for lane in state.wanted:
                    self._make(self.features[state.id], lane.generation)
            self._commit(*changed)

    def _make(self, feature: Feature, generation: int) -> None:
        # Before the first event is applied: an index over an empty collection costs nothing.
        ensure_indexes(self._database, {stored_name(name, generation): i for name, i in feature.views.items()})

    def _switch(self) -> None:
        states = self._own_states()
        live = [stored_name(state.id, state.live) for state in states if state.live]
        building = [state for state in states if state.building]
        if not building:
            return
        head, partitions = self.head(), self.partitions()
        for state in building:
            if rules.has_joined(state, partitions, live, head) and not self._lacks_more(state):
                self._try(state, rules.switch(state, self._now()))
                get_logger().info("view_switched", view=state.id, generation=state.building)

    def _lacks_more(self, state: ViewState) -> bool:
        """Return whether the generation being built goes on without an event that the live one shows."""
        if not state.live:
            return False
        skips, built = self._database[Skip.collection], stored_name(state.id, state.building)
        rows = skips.find({"_id": Skip.ids_of(built)}, {"cursor": 1}, max_time_ms=MAX_MILLIS).limit(MOST_COMPARED)
        lacking = [Skip.id_of(stored_name(state.id, state.live), row["cursor"]) for row in rows]
        return skips.count_documents({"_id": {"$in": lacking}}, maxTimeMS=MAX_MILLIS) < len(lacking)

    def _drop(self) -> None:
        for state in self._own_states():
            if state.drop_after is not None and state.drop_after <= self._now():
                self._try(state, rules.drop_retired(state))
        self._until_committed(self._follow)
        # By now no partition has a cursor of it, so no worker can still write to it.
        self._drop_orphans()

    def _drop_orphans(self) -> None:
        states = {state.id: state for state in self._own_states()}
        kept = {lane.name for state in states.values() for lane in state.wanted}
        owner = {collection: name for name, feature in self.features.items() for collection in feature.views}
        for stored in self._database.list_collection_names():
            split = split_name(stored)
            if split is None or split[0] not in owner or owner[split[0]] not in states:
                continue
            name, generation = owner[split[0]], split[1]
            # A number beyond the highest was given since the states were read.
            if generation <= states[name].highest and stored_name(name, generation) not in kept:
                self._database.drop_collection(stored)
                self._database[Skip.collection].delete_many({"lane": stored_name(name, generation)})
                get_logger().info("view_dropped", collection=stored)

    def _now(self) -> MachineTime:
        # The store's: another process compares it.
        return read_store_time(self._database)

    def _own_states(self) -> list[ViewState]:
        return [state for name, state in self.states().items() if name in self.features]

    def _change(self, name: str, change: Callable[[ViewState], ViewState]) -> ViewState:
        if name not in self.features:
            raise KeyError(name)

        def once() -> None:
            before = self.states()[name]
            self._commit((before, change(before)))

        self._until_committed(once)
        return self.states()[name]

    def _try(self, before: ViewState, after: ViewState) -> None:
        try:
            self._commit((before, after))
        except Conflict:
            return  # somebody else has changed it: the next look decides

    def _commit(self, *pairs: Pair) -> None:
        if pairs:
            commit(self._database, Transaction(changes(*pairs), keys=(), now=self._now()))

    def _until_committed(self, change: Callable[[], None]) -> None:
        for _ in range(TRIES - 1):
            try:
                change()
            except Conflict:
                sleep(random() * CONFLICT_SECONDS)
                continue
            return
        change()
