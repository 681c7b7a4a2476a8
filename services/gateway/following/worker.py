"""A worker that leads views along the feed, in the partitions that it holds."""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Final

from pydantic import ValidationError
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.gateway.following.holding import Holding
from services.gateway.following.registry import Pair, Registry, changes, durable
from services.gateway.following.state import Lane, Partition, Skip, lanes_of, partition_id
from services.gateway.following.step import Failed, Step, Track, by_partition, line_up, moved, split_tracks
from services.gateway.projection.feature import PARTITIONS, Feature
from services.gateway.projection.feed import FeedItem, Followed, feed_id, follow
from shared.engine.decide.schema import Document
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.errors import Conflict, NotCommittableError, StoreUnreachableError, classify_error
from shared.engine.store.reader import Reader
from shared.runtime.clock import Clock
from shared.runtime.failpoints import failpoint
from shared.runtime.logging import describe, get_logger, where
from shared.runtime.metrics import EngineMetrics

MOST_EVENTS: Final = 500
"""Events in one step of the live generations."""
MOST_BUILT: Final = 300
"""Events in one step of those that are built: no more, because the live ones wait meanwhile."""
MAX_MILLIS: Final = 5_000
REFRESH_SECONDS: Final = 1.0
"""How often leases are renewed, and cursors stored that have moved over nothing."""
FIRST: Final = partition_id(0)
"""Its holder puts the register in order."""


class Worker:
    """Follows the feed: `step` moves the views on, `refresh` the leases. Not for several threads."""

    def __init__(self, database: Database[Document], features: Sequence[Feature], clock: Clock) -> None:
        self._database = durable(database)
        self._registry = Registry(database, features)
        self._features = self._registry.features
        self._keyed = sorted(
            {k.type for f in self._features.values() for k, p in f.projections.items() if p.partition is not None}
        )
        self._holding = Holding(database)
        self._clock = clock
        self._metrics = EngineMetrics("gateway")
        self._held: dict[str, Partition] = {}
        """As the store has them; their cursors may be behind `_cursors`, which no event has made worth a write."""
        self._cursors: dict[tuple[Lane, int], int] = {}
        self._lanes: list[Lane] = []
        self._live: set[Lane] = set()
        self._next_refresh = 0.0

    @property
    def holds(self) -> list[int]:
        """The partitions that it holds."""
        return sorted(map(int, self._held))

    def leave(self) -> None:
        """Store the cursors and give the partitions up. Raises PyMongoError."""
        try:
            self._store_cursors()
        except (Conflict, NotCommittableError, StoreUnreachableError):
            get_logger().info("view_cursors_behind")  # they are found again from the stored ones
        self._held.clear()
        self._cursors.clear()
        self._holding.leave()

    def start(self) -> None:
        """Enter the views of this release; have those built whose definition is new. Raises as `refresh` does."""
        self._registry.prepare()
        self._registry.renew()

    def refresh(self, *, now: bool = False) -> bool:
        """Renew the leases and read the register, where it is due or asked for `now`; return whether it was done.

        Raises PyMongoError, Conflict or StoreUnreachableError.
        """
        if not now and monotonic() < self._next_refresh:
            return False
        if not now:
            self._store_cursors()
        held = {partition.id: partition for partition in self._holding.refresh()}
        if held.keys() != self._held.keys():
            get_logger().info("partitions_held", partitions=sorted(held))
        same = {number for number in self.holds if _is_same(self._held, held, partition_id(number))}
        before = {key: cursor for key, cursor in self._cursors.items() if key[1] in same}
        self._held = held
        self._read_states()
        self._cursors = self._read_cursors(before)
        self._next_refresh = monotonic() + REFRESH_SECONDS
        if FIRST in held:
            self._registry.keep_where_due()
        return True

    def step(self) -> bool:
        """Move the live views on, and then those that are built; return whether there may be more to do at once.

        Raises PyMongoError, Conflict, or StoreUnreachableError.
        """
        front, behind = split_tracks(self._tracks(), self._live)
        if not front:
            return False
        more = False
        if behind:
            # First, so that those which come level with the front move on with it at once.
            more = self._move(behind, min(track.cursor for track in front), MOST_BUILT)
            front, _ = split_tracks(self._tracks(), self._live)
        return self._move(front, self._end(), MOST_EVENTS) or more

    # ---- moving ---------------------------------------------------------------------------------------------

    def _end(self) -> int | None:
        """Return the last cursor of the feed; None where the items themselves tell it: a worker of all reads all."""
        return None if len(self._held) == PARTITIONS else self._registry.head()

    def _move(self, tracks: Sequence[Track], upto: int | None, limit: int) -> bool:
        """Apply the next events to the tracks, at most `limit`; return whether there are more up to that cursor."""
        after = min(track.cursor for track in tracks)
        if upto is not None and after >= upto:
            return False
        rows = self._read(after, upto, limit)
        if upto is None:
            # All items behind `after`: the last of them is the feed's end.
            upto = rows[-1]["cursor"] if rows else after
        if after == upto:
            return False
        full = len(rows) == limit
        end = rows[-1]["cursor"] if full else upto
        while True:
            try:
                self._apply(tracks, rows, end)
            except NotCommittableError as error:
                if len(rows) <= 1:
                    self._apply_alone(tracks, rows, end, error)
                    break
                rows = rows[: len(rows) // 2]
                end = rows[-1]["cursor"]
            else:
                break
        return full or end < upto

    def _read(self, after: int, upto: int | None, limit: int) -> list[Document]:
        asked: Document = {"_id": {"$gt": feed_id(after)} | ({} if upto is None else {"$lte": feed_id(upto)})}
        if len(self._held) < PARTITIONS:
            # By the subject's partition, or any: only the event itself tells the partition of these types.
            asked["$or"] = [{"partition": {"$in": self.holds}}, {"type": {"$in": self._keyed}}]
        fields = {"_id": 0, "cursor": 1, "type": 1, "event": 1}
        found = self._database[FeedItem.collection].find(asked, fields, batch_size=limit).sort("_id", 1).limit(limit)
        return list(found.max_time_ms(MAX_MILLIS))

    def _apply(self, tracks: Sequence[Track], rows: Sequence[Document], end: int) -> None:
        """Apply the events in one transaction with the cursors.

        Raises NotCommittableError where one of several events cannot be applied, else as `commit` does.
        """
        skips, messages = self._decode(tracks, rows)
        step = Step(line_up(tracks, self._features), self._features, messages)
        transactions = self._decide(step)
        if step.failures and len(rows) > 1:
            raise NotCommittableError(describe(step.failures[0].error))
        skips += [self._skip(failed) for failed in step.failures]
        self._commit(tracks, transactions, skips, step.touched, end)
        now = self._clock.city().timestamp()
        self._metrics.lag("view", [now - message.time.timestamp() for message in messages])

    def _apply_alone(self, tracks: Sequence[Track], rows: Sequence[Document], end: int, error: Exception) -> None:
        """Apply one event, which failed, to each generation alone; those that fail again go on without it."""
        _, messages = self._decode(tracks, rows)
        for lane in {track.lane for track in tracks}:
            own = [track for track in tracks if track.lane == lane]
            step = Step(line_up(own, self._features), self._features, messages)
            try:
                views = self._decide(step)
                self._commit(own, views, [self._skip(failed) for failed in step.failures], step.touched, end)
            except NotCommittableError as again:
                failed = [self._skip(Failed(lane, message, again)) for message in messages]
                self._commit(own, [], failed, {track.partition for track in own}, end)
        get_logger().warning("event_applied_alone", cursor=end, error=describe(error))

    def _decide(self, step: Step) -> list[Transaction]:
        transactions, now = [], self._clock.city()
        for deck in step.decks:
            try:
                decisions = step.decide_deck(deck, Reader(self._database, deck.names).fetch, now)
            except PyMongoError as error:
                raise classify_error(error) from error
            except Exception as error:
                # A stored view that does not fit its class, a partition that cannot be told: which event it was shows
                # when the step is halved.
                raise NotCommittableError(describe(error)) from error
            if decisions is not None:
                transactions.append(Transaction(decisions, keys=(), now=self._clock.machine(), names=deck.names))
        for failed in step.failures:
            if isinstance(failed.error, PyMongoError):
                raise classify_error(failed.error) from failed.error
        return transactions

    def _commit(
        self, tracks: Sequence[Track], views: Sequence[Transaction], skips: Sequence[Skip], touched: set[int], end: int
    ) -> None:
        """Commit the views with the cursors of the partitions that were touched; note the others' in memory."""
        pairs: list[Pair] = [(None, skip) for skip in skips]
        after: dict[str, Partition] = {}
        own = by_partition(tracks)
        for partition in self._held.values():
            if int(partition.id) in touched or skips:
                after[partition.id] = moved(self._with_cursors(partition), own.get(int(partition.id), ()), end)
                pairs.append((partition, after[partition.id]))
        if pairs:
            failpoint("before_view_commit")
            commit(self._database, *views, Transaction(changes(*pairs), keys=(), now=self._clock.machine()))
            failpoint("after_view_commit")
        self._held.update({i: p.model_copy(update={"version": p.version + 1}) for i, p in after.items()})
        for track in tracks:
            self._cursors[track.lane, track.partition] = max(track.cursor, end)

    def _decode(self, tracks: Sequence[Track], rows: Sequence[Document]) -> tuple[list[Skip], list[Followed[Any]]]:
        """Return the events, and a skip for each generation and event that this release cannot read."""
        messages: list[Followed[Any]] = []
        skips: list[Skip] = []
        lanes = {track.lane for track in tracks}
        concerned_by = {
            kind: [lane for lane in lanes if self._features[lane.feature].projection_of(kind)]
            for kind in {row["type"] for row in rows}
        }
        for row in rows:
            if not (concerned := concerned_by[row["type"]]):
                continue
            try:
                messages.append(follow(row["cursor"], row["type"], row["event"]))
            except ValidationError as error:
                skips += [self._skipped(lane, row["cursor"], row["type"], error) for lane in concerned]
        return skips, messages

    def _skip(self, failed: Failed) -> Skip:
        return self._skipped(failed.lane, failed.message.cursor, failed.message.type, failed.error)

    def _skipped(self, lane: Lane, cursor: int, kind: str, error: Exception) -> Skip:
        text = describe(error)
        get_logger().error("view_skips_event", view=lane.name, cursor=cursor, type=kind, error=text, where=where(error))
        return Skip(
            id=Skip.id_of(lane.name, cursor),
            lane=lane.name,
            cursor=cursor,
            type=kind,
            error=text,
            at=self._clock.machine(),
        )

    # ---- the register ---------------------------------------------------------------------------------------

    def _tracks(self) -> list[Track]:
        return [Track(number, lane, cursor) for (lane, number), cursor in self._cursors.items()]

    def _read_cursors(self, known: Mapping[tuple[Lane, int], int]) -> dict[tuple[Lane, int], int]:
        """Return the cursors of all lanes as stored, or as known where that is further."""
        return {
            (lane, int(partition.id)): max(stored, known.get((lane, int(partition.id)), 0))
            for partition in self._held.values()
            for lane in self._lanes
            if (stored := partition.lanes.get(lane.name)) is not None
        }

    def _read_states(self) -> None:
        states = self._registry.states()
        known = [(self._features[name], state) for name, state in states.items() if name in self._features]
        self._lanes = [lane for feature, state in known for lane in lanes_of(feature, state)]
        self._live = {Lane(state.id, state.live) for _, state in known if state.live}

    def _store_cursors(self) -> None:
        """Store the cursors that have moved over events of other partitions only."""
        both = [(partition, self._with_cursors(partition)) for partition in self._held.values()]
        pairs = [(before, after) for before, after in both if before.lanes != after.lanes]
        if pairs:
            commit(self._database, Transaction(changes(*pairs), keys=(), now=self._clock.machine()))
            self._held.update({p.id: p.model_copy(update={"version": p.version + 1}) for _, p in pairs})

    def _with_cursors(self, partition: Partition) -> Partition:
        number, lanes = int(partition.id), dict(partition.lanes)
        for lane in self._lanes:
            if lane.name in lanes:
                lanes[lane.name] = max(lanes[lane.name], self._cursors.get((lane, number), 0))
        return partition.model_copy(update={"lanes": lanes})


def _is_same(before: dict[str, Partition], now: dict[str, Partition], partition: str) -> bool:
    """Return whether nobody else has written the partition since it was read."""
    known = before.get(partition)
    return known is not None and partition in now and now[partition].version == known.version
