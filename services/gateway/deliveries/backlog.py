"""All that one webhook has still to deliver, and its log as far as the store does not have it yet. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime

from services.gateway.deliveries.condition import Condition
from services.gateway.deliveries.feed_event import FeedEvent
from services.gateway.deliveries.outcome import Outcome
from services.gateway.deliveries.queue import Pending, Queue
from services.gateway.deliveries.records import Delivery, DeliveryState, Failure, delivery_id, expiry
from services.gateway.deliveries.schedule import next_attempt

Rows = dict[str, tuple[Delivery, Pending]]
"""Deliveries as they are to be stored, each with its message, by id."""


class Backlog:
    """The queue of a webhook, and the rows that are to be written about it."""

    def __init__(self, webhook_id: str, now: Callable[[], datetime], roll: Callable[[], float]) -> None:
        self.queue = Queue()
        self.unwritten: Rows = {}
        self._webhook_id, self._now, self._roll = webhook_id, now, roll

    def add_event(self, event: FeedEvent) -> None:
        """Queue an event of the feed. One that has been queued already, as after a replay, keeps its place."""
        name = delivery_id(self._webhook_id, event.position)
        if name in self.queue:
            return
        pending = Pending(name, event.position, event.subject, self._now(), event, event_id=event.id, type=event.type)
        if self.queue.add(pending) and self.queue.head(pending).kept:
            self._note(pending, "waiting")  # its subject is stopped: the cursor need not wait for it

    def take_up(self, waiting: Iterable[Delivery], in_hand: set[str]) -> list[Pending]:
        """Queue waiting deliveries of the store that are not known yet; return the tests, which wait in no queue."""
        tests = []
        for kept in waiting:
            if kept.id in self.unwritten or kept.id in self.queue or kept.id in in_hand:
                continue
            pending = Pending(
                kept.id, kept.position, kept.subject, kept.due or self._now(), None, kept.attempts, kept.first_at,
                kept=True, test=kept.test, event_id=kept.event_id, type=kept.type,
            )  # fmt: skip
            if kept.test:
                tests.append(pending)
            else:
                self.queue.add(pending)
        return tests

    def settle(self, pending: Pending, outcome: Outcome, condition: Condition) -> None:
        """End an attempt: the message leaves the queue, or waits for the next attempt."""
        now = self._now()
        pending.attempts += outcome.sent
        pending.first_at, pending.last_at = pending.first_at or now, now
        pending.status, pending.failure = outcome.status, outcome.failure
        if pending.test:
            self._note(pending, "delivered" if outcome.taken else "undelivered")
        elif outcome.failure is None:
            self.queue.remove(pending)
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
            self.queue.remove(pending)
            return
        pending.due = due if outcome.held_until is None else max(due, outcome.held_until)
        # Those behind it, too: the cursor need not wait for a subject that is stopped.
        for waiting in (pending, *self.queue.behind(pending)):
            self._note(waiting, "waiting")
        self.queue.put_back(pending)

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
