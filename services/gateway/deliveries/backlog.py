"""All that one webhook has still to deliver, and its log as far as the store does not have it yet. Pure.

In memory are the messages on their way, and of a subject whose first message has failed that one alone: those behind it
stand in the store as waiting, and come back in order once its end is known.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from services.gateway.deliveries.condition import Condition
from services.gateway.deliveries.feed_event import FeedEvent
from services.gateway.deliveries.outcome import Outcome
from services.gateway.deliveries.queue import Pending, Queue
from services.gateway.deliveries.records import Delivery, DeliveryState, Failure, delivery_id, expiry
from services.gateway.deliveries.schedule import next_attempt

MOST_MOVING: Final = 1_000
"""Messages of one webhook in memory that do not wait for another attempt."""
MOST_SUBJECTS: Final = 10_000
"""Subjects of one webhook with a message in memory; beyond them no further event is read."""
Rows = dict[str, tuple[Delivery, Pending]]
"""Deliveries as they are to be stored, each with its message, by id."""


class Backlog:
    """The queue of a webhook, and the rows that are to be written about it."""

    def __init__(self, webhook_id: str, now: Callable[[], datetime], roll: Callable[[], float]) -> None:
        self.queue = Queue()
        self.unwritten: Rows = {}
        self._webhook_id, self._now, self._roll = webhook_id, now, roll
        self._failed: set[str] = set()
        """Subjects whose first message waits for another attempt."""
        self._deferred: set[str] = set()
        """Subjects with messages that stand in the store alone, or in `unwritten`: later ones go there, too."""
        self.dry: dict[str, None] = {}
        """Those of them without a message in memory: the next ones are to be read."""

    @property
    def has_room(self) -> bool:
        """Whether further messages of the subjects in memory have room."""
        return len(self.queue) - len(self._failed) < MOST_MOVING

    @property
    def has_room_for_any(self) -> bool:
        """Whether further messages of any subject have room."""
        return self.has_room and self.queue.subjects + len(self.dry) < MOST_SUBJECTS

    def add_event(self, event: FeedEvent) -> None:
        """Queue an event of the feed. One that has been queued already, as after a replay, keeps its place."""
        name = delivery_id(self._webhook_id, event.position)
        if name in self.queue:
            return
        pending = Pending(name, event.position, event.subject, self._now(), event, event_id=event.id, type=event.type)
        if event.subject in self._failed or event.subject in self._deferred:
            self._defer(pending)
        elif self.queue.add(pending) and self.queue.head(pending).kept:
            self._note(pending, "waiting")  # the cursor need not wait for it

    def take_up(self, waiting: Iterable[Delivery], in_hand: Collection[str]) -> list[Pending]:
        """Queue waiting deliveries of the store that are not known yet; return the tests, which wait in no queue."""
        tests = []
        for kept in waiting:
            if kept.id in self.unwritten or kept.id in self.queue or kept.id in in_hand:
                continue
            pending = self._read(kept)
            if kept.test:
                tests.append(pending)
            elif kept.subject not in self._deferred:  # else it comes with the others of its subject
                self._queue_kept(pending)
        return tests

    def resume(self, subject: str, waiting: Sequence[Delivery], *, all_read: bool) -> None:
        """Queue the next waiting deliveries of a dry subject, as the store and `unwritten` have them.

        `all_read` says that the store has no more. Not beside a flush, whose rows are in neither.
        """
        found = {kept.id: self._read(kept) for kept in waiting if kept.id not in self.unwritten}
        last = waiting[-1].id if waiting else ""
        for name, (delivery, pending) in self.unwritten.items():
            mine = delivery.subject == subject and delivery.state == "waiting" and not delivery.test
            if mine and (all_read or name <= last):
                found[name] = pending
        self.dry.pop(subject, None)
        if all_read:
            self._deferred.discard(subject)
        for _, pending in sorted(found.items()):
            self._queue_kept(pending)
        if not self.queue.has(subject) and subject in self._deferred:
            self.dry[subject] = None

    def _queue_kept(self, pending: Pending) -> None:
        """Queue a delivery of the store; behind one that has failed it stays there."""
        if pending.subject in self._failed:
            self._deferred.add(pending.subject)
        elif not self.queue.add(pending) and pending.attempts:
            self._failed.add(pending.subject)

    def _read(self, kept: Delivery) -> Pending:
        return Pending(
            kept.id, kept.position, kept.subject, kept.due or self._now(), None, kept.attempts, kept.first_at,
            kept=True, test=kept.test, event_id=kept.event_id, type=kept.type,
        )  # fmt: skip

    def settle(self, pending: Pending, outcome: Outcome, condition: Condition) -> None:
        """End an attempt: the message leaves the queue, or waits for the next attempt."""
        now = self._now()
        pending.attempts += outcome.sent
        pending.first_at, pending.last_at = pending.first_at or now, now
        pending.status, pending.failure = outcome.status, outcome.failure
        if pending.test:
            self._note(pending, "delivered" if outcome.taken else "undelivered")
        elif outcome.failure is None:
            self._remove(pending)
            self._note(pending, "delivered")
            if condition.succeed(now):
                self.queue.hasten(now)
        else:
            self._settle_failure(pending, outcome, outcome.failure, condition)

    def _settle_failure(self, pending: Pending, outcome: Outcome, failure: Failure, condition: Condition) -> None:
        if not outcome.final:
            condition.fail(failure, self._roll(), outcome.held_until)
        first_at = pending.first_at or failure.at
        due = None if outcome.final else next_attempt(first_at, failure.at, self._roll())
        if due is None:
            self._note(pending, "undelivered")
            self._remove(pending)
            return
        pending.due = due if outcome.held_until is None else max(due, outcome.held_until)
        pending.event = None  # read again for the next attempt: thousands of subjects may wait for theirs
        self._failed.add(pending.subject)
        self._note(pending, "waiting")
        # Those behind it, too: the cursor need not wait for a subject that is stopped.
        for waiting in self.queue.take_behind(pending):
            self._defer(waiting)
        self.queue.put_back(pending)

    def _defer(self, pending: Pending) -> None:
        """Leave a message to the store, behind those of its subject that stand before it."""
        self._deferred.add(pending.subject)
        if not pending.kept:
            self.queue.hold(pending)
            self._note(pending, "waiting")

    def _remove(self, pending: Pending) -> None:
        self.queue.remove(pending)
        self._failed.discard(pending.subject)
        if pending.subject in self._deferred and not self.queue.has(pending.subject):
            self.dry[pending.subject] = None

    def _note(self, pending: Pending, state: DeliveryState) -> None:
        delivery = Delivery(
            id=pending.delivery_id, webhook=self._webhook_id, position=pending.position, test=pending.test,
            event_id=pending.event_id, type=pending.type, subject=pending.subject, state=state,
            attempts=pending.attempts, first_at=pending.first_at, last_at=pending.last_at,
            due=pending.due if state == "waiting" else None, status=pending.status, failure=pending.failure,
            expires_at=expiry(state, self._now()),
        )  # fmt: skip
        self.unwritten[pending.delivery_id] = (delivery, pending)

    def take_unwritten(self) -> Rows:
        """Return the rows that are to be written now. The cursor may pass those that wait once that is done."""
        written, self.unwritten = self.unwritten, {}
        self.queue.keep([pending for delivery, pending in written.values() if delivery.state == "waiting"])
        return written

    def put_back(self, rows: Rows) -> None:
        """Keep rows that could not be written; the later word about a delivery counts."""
        self.unwritten = rows | self.unwritten
