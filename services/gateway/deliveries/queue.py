"""The messages of one webhook that are still to be delivered, in memory: in order for each subject. Pure.

Of each subject only the first message is tried; those behind it wait for its end. Messages of other subjects pass.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heappop, heappush

from services.gateway.deliveries.feed_event import FeedEvent
from services.gateway.deliveries.records import Failure


@dataclass(slots=True)
class Pending:
    """A message that is to be delivered. `kept` says that the store has it, so that the cursor may pass it."""

    delivery_id: str
    position: int
    subject: str
    due: datetime
    event: FeedEvent | None = None
    """None where the message was read from the store: its event is looked up before the attempt."""
    attempts: int = 0
    first_at: datetime | None = None
    kept: bool = False
    test: bool = False
    event_id: str = ""
    type: str = ""
    last_at: datetime | None = None
    status: int | None = None
    failure: Failure | None = None


@dataclass(slots=True)
class Queue:
    """Lanes by subject. Every message is in one lane until `remove`, also while it is tried."""

    _lanes: dict[str, deque[Pending]] = field(default_factory=dict)
    _heads: list[tuple[datetime, int, str]] = field(default_factory=list)
    """A heap of the first messages of lanes, except those that are being tried."""
    _open: dict[int, None] = field(default_factory=dict)
    """Positions that the store does not know yet, lowest first: they come in that order."""
    _known: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self._known)

    def has(self, subject: str) -> bool:
        """Return whether a message of that subject is in it."""
        return subject in self._lanes

    @property
    def subjects(self) -> int:
        """The subjects that have messages."""
        return len(self._lanes)

    def __contains__(self, delivery_id: str) -> bool:
        return delivery_id in self._known

    def add(self, message: Pending) -> bool:
        """Put a message at the end of its lane; return whether another one of its subject stands before it."""
        lane = self._lanes.setdefault(message.subject, deque())
        lane.append(message)
        self._known.add(message.delivery_id)
        if not message.kept:
            self._open[message.position] = None
        if len(lane) == 1:
            self._push(message)
        return len(lane) > 1

    def take(self, now: datetime) -> Pending | None:
        """Return a message that is due, for one attempt; None where there is none. `put_back` or `remove` ends it."""
        if not self._heads or self._heads[0][0] > now:
            return None
        return self._lanes[heappop(self._heads)[2]][0]

    def take_probe(self) -> Pending | None:
        """Return the message that is due first, now or not; None where all first messages are being tried.

        One that was just refused is due later than those of other subjects, so each of them has its turn.
        """
        return self._lanes[heappop(self._heads)[2]][0] if self._heads else None

    def put_back(self, message: Pending) -> None:
        """End an attempt: the message stays the first of its lane, with the due time that it has now."""
        self._push(message)

    def remove(self, message: Pending) -> None:
        """End an attempt: the message leaves its lane, and the next one of its subject is the first."""
        lane = self._lanes[message.subject]
        lane.popleft()
        self._known.discard(message.delivery_id)
        self._open.pop(message.position, None)
        if lane:
            self._push(lane[0])
        else:
            del self._lanes[message.subject]

    def keep(self, messages: Iterable[Pending]) -> None:
        """Note that the store has these messages."""
        for message in messages:
            message.kept = True
            self._open.pop(message.position, None)

    def head(self, message: Pending) -> Pending:
        """Return the first message of the subject of this one."""
        return self._lanes[message.subject][0]

    def take_behind(self, message: Pending) -> list[Pending]:
        """Take out the messages that wait for the end of this one; the cursor waits for them until they are kept."""
        lane = self._lanes[message.subject]
        behind = list(lane)[1:]
        self._lanes[message.subject] = deque([message])
        self._known -= {one.delivery_id for one in behind}
        return behind

    def hold(self, message: Pending) -> None:
        """Have the cursor wait for a message that is in no lane, until it is kept."""
        if not message.kept:
            self._open[message.position] = None

    def hasten(self, now: datetime) -> None:
        """Have every first message due now: the endpoint is back."""
        for nth, (due, position, subject) in enumerate(self._heads):
            if due > now:
                self._lanes[subject][0].due = now
                self._heads[nth] = (now, position, subject)
        heapify(self._heads)

    def next_due(self) -> datetime | None:
        """Return the time at which the next message is due; None where no message waits for a time."""
        return self._heads[0][0] if self._heads else None

    def floor(self, read_upto: int) -> int:
        """Return the position that the cursor may be stored at: all up to it is delivered or kept."""
        lowest = next(iter(self._open), None)
        return read_upto if lowest is None else min(lowest - 1, read_upto)

    def _push(self, message: Pending) -> None:
        heappush(self._heads, (message.due, message.position, message.subject))
