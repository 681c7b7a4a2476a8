"""The messages of a service that failed: kept in its own store until they succeed, or an operator repairs them.

A message that waits for another try is due at an instant; one that was given up, a dead letter, has none. Neither
expires. The content is sealed, because a command may be about a person; the fields that an operator sees in a list are
not.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

from pymongo.database import Database

from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.claim import Claim
from shared.engine.amqp.letter_content import Content, open_content, seal_content
from shared.engine.decide.batch import Decisions
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.closed_keys import restate
from shared.engine.store.collections import LETTERS
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.due_rows import DueRows
from shared.engine.store.durability import DURABLE
from shared.engine.store.errors import Conflict
from shared.runtime.clock import MachineTime
from shared.runtime.logging import describe, get_logger
from shared.runtime.vault import Vault, VaultError

RETRY_SECONDS: Final = (1, 5, 30, 120)
"""Seconds before the first, second, third and fourth retry of a failed message; then it is a dead letter. Together
156 seconds, which ride out an election of MongoDB (about 12 seconds) and the restart of another service.
"""
PAGE: Final = 50
"""Messages that are claimed at once."""
MOST_HISTORY: Final = 20
"""Failures of a message that are kept, the latest."""
MOST_UNASKED: Final = 100_000
"""Failed messages in the store, waiting or dead, from which on no failed command and nothing undecodable is kept: the
sender of the one was refused, and the other can never be handled. Events and timers are always kept, because their
loss would break law L1.
"""
MOST_COUNTED: Final = 10_000
COUNT_MILLIS: Final = 2_000
"""Bounds of a count for the metrics: rows, and milliseconds in MongoDB."""
WAITING: Final[Document] = {"due": {"$exists": True}}
"""Selects the messages that wait for another try."""
DEAD: Final[Document] = {"dead": {"$exists": True}}
"""Selects the dead letters."""

State = Literal["waiting", "dead"]
LETTER_STATES: Final[tuple[State, ...]] = ("waiting", "dead")
Kind = Literal["event", "command", "timer"]
Entry = Mapping[str, object]


def to_entry(now: datetime, code: str, error: str) -> Entry:
    """Return one failure for the history of a message: its instant, its reason code, and the error in words."""
    return {"at": now, "code": code, "error": error}


@dataclass(frozen=True, slots=True)
class Head:
    """A failed message as a list shows it: its own `id` and `type`, and the `key` that is unique within its queue."""

    queue: str
    kind: Kind
    key: str
    id: str
    type: str

    @property
    def letter(self) -> str:
        """The id of its document: the same in every replica and at every try."""
        return letter_id(self.queue, self.key)


def name_undecodable(delivery: Delivery) -> Head:
    """Return the head of an event without a readable key: its message_id and its body tell it apart."""
    properties = delivery.properties
    found = str(properties.get("message_id") or "").encode(errors="replace").decode()
    key = f"{found}#{sha256(delivery.body).hexdigest()[:16]}"
    kind = str(properties.get("type") or "").encode(errors="replace").decode()
    return Head(delivery.queue, "event", key, found or f"{delivery.queue}/{key}", kind)


def to_letter(head: Head, content: Content, vault: Vault | None, history: Sequence[Entry], tries: int) -> Document:
    """Return the document of a message, without its state. A body above the largest event is kept as its hash only."""
    own_id = head.letter
    keeps = content.size <= MAX_EVENT_BYTES or head.kind != "event"
    return {
        "_id": own_id,
        "queue": head.queue,
        "kind": head.kind,
        "id": head.id,
        "type": head.type,
        "size": content.size,
        "sha256": content.digest,
        "sealed": seal_content(content, vault, own_id) if keeps else "",
        "tries": tries,
        "history": [dict(entry) for entry in history][-MOST_HISTORY:],
        "repairs": [],
    }


def letter_id(queue: str, key: str) -> str:
    """Return the id of a message's document: that of its queue and of its key there."""
    return f"{queue}/{key}"


def insert_waiting(letter: Document, due: datetime) -> Document:
    """Return the statement that stores a message for another try. One that is stored already stays as it is."""
    return _insert({**letter, "due": due})


def insert_dead(letter: Document, now: datetime) -> Document:
    """Return the statement that stores a dead letter. One that is stored already stays as it is."""
    return _insert({**letter, "dead": now})


def _insert(letter: Document) -> Document:
    # A message that was stored and is delivered again, because its acknowledgement was lost, is no further failure.
    rest = {name: value for name, value in letter.items() if name != "_id"}
    return {"q": {"_id": letter["_id"]}, "u": {"$setOnInsert": rest}, "upsert": True}


def postpone(claim: Claim, due: datetime, entry: Entry | None) -> Document:
    """Return the statement that has a claimed message tried again at `due`. Without an entry that is no try of it."""
    failed = {} if entry is None else _with_failure(claim, entry)
    return _change(claim, {"$set": {"due": due, **failed}})


def give_up(claim: Claim, now: datetime, entry: Entry) -> Document:
    """Return the statement that makes a claimed message a dead letter."""
    return _change(claim, {"$set": {"dead": now, **_with_failure(claim, entry)}, "$unset": {"due": ""}})


def _change(claim: Claim, update: Document) -> Document:
    # Another replica may have tried it meanwhile, or an operator dropped it: then this changes nothing.
    return {"q": {"_id": claim.id, "due": claim.due}, "u": update}


def send_back(letter: str, given_up: datetime, news: Document) -> Document:
    """Return the statement that has a dead letter tried at once, with the fields of `news` as expressions.

    It changes nothing where the letter was given up at another instant than that.
    """
    return {"q": {"_id": letter, "dead": given_up}, "u": [{"$set": {"due": "$$NOW", **news}}, {"$unset": "dead"}]}


def claim_of(statement: Document) -> Claim | None:
    """Return the claim that a statement is about: it changes nothing where that holds no longer."""
    rule = statement["q"]
    return Claim(rule["_id"], rule["due"], 0) if "due" in rule else None


def gives_up(statement: Document) -> bool:
    """Return whether the statement makes a claimed message a dead letter."""
    return "due" in statement["q"] and "dead" in statement["u"]["$set"]


def _with_failure(claim: Claim, entry: Entry) -> Document:
    history = [*(dict(past) for past in claim.history), dict(entry)][-MOST_HISTORY:]
    return {"tries": claim.tries + 1, "history": history}


class Letters:
    """The failed messages of one service. Every method raises PyMongoError, `claim_due` also StoreUnreachableError.

    Without a vault the content is stored in clear: only a service of events, which carry no personal data, has none.
    """

    def __init__(self, database: Database[Document], vault: Vault | None = None) -> None:
        self.vault = vault
        self._database = database
        self._rows = database.get_collection(LETTERS, write_concern=DURABLE)
        self._due = DueRows(database, LETTERS)

    def claim_due(self, now: MachineTime) -> list[Delivery]:
        """Return messages whose next try is due, leased to this replica: the most overdue first, at most PAGE."""
        opened = (self._open(row, now) for row in self._due.take(now, PAGE))
        return [delivery for delivery in opened if delivery is not None]

    def find_unchanged(self, claims: Iterable[Claim]) -> set[str]:
        """Return the ids of those claims that still hold."""
        same = [{"_id": claim.id, "due": claim.due} for claim in claims]
        return {row["_id"] for row in self._rows.find({"$or": same}, {"_id": 1})} if same else set()

    def delete(self, claim: Claim) -> None:
        """Delete a message that was handled before, unless it is due at another time by now."""
        self._rows.delete_one({"_id": claim.id, "due": claim.due})

    def takes_unasked(self) -> bool:
        """Return whether there is room for failed commands and undecodable messages.

        Reads the number that MongoDB keeps of a collection, and no row: it is asked for each of them, and most of all
        where many rows lie. After a crash that number may be off by the writes of the last minute.
        https://www.mongodb.com/docs/v6.0/reference/command/count/#behavior
        """
        return self._rows.estimated_document_count(maxTimeMS=COUNT_MILLIS) < MOST_UNASKED

    def measure(self, queue: str, state: State) -> tuple[int, datetime | None]:
        """Return the number of messages of that queue in the state, at most MOST_COUNTED, and the first instant.

        That is when the first of them is due, or when the oldest was given up.
        """
        rule, field = ({**WAITING, "queue": queue}, "due") if state == "waiting" else ({**DEAD, "queue": queue}, "dead")
        first = self._rows.find_one(rule, {field: 1}, sort=[(field, 1)], max_time_ms=COUNT_MILLIS)
        if first is None:
            return 0, None
        return self._rows.count_documents(rule, limit=MOST_COUNTED, maxTimeMS=COUNT_MILLIS), first[field]

    def _open(self, row: Document, now: MachineTime) -> Delivery | None:
        """Return the message as its queue delivered it; None where it cannot be opened: then it is a dead letter."""
        claim = Claim(row["_id"], row["due"], row["tries"], row["history"])
        try:
            content = open_content(row["sealed"], self.vault, row["_id"])
        except (VaultError, ValueError) as error:
            get_logger().error("letter_not_opened", letter=row["_id"], error=describe(error))
            self._give_up_unopened(claim, now, to_entry(now, "not_opened", describe(error)))
            return None
        properties = {**content.properties, "application_headers": content.headers}
        # A lease of this very try that another replica let lapse: it may have died with the message.
        left = row.get("lease_due") == row["due"]
        return Delivery(row["queue"], 0, content.body, properties, content.routing_key, redelivered=left, claim=claim)

    def _give_up_unopened(self, claim: Claim, now: MachineTime, entry: Entry) -> None:
        statement = give_up(claim, now, entry)
        transaction = Transaction(Decisions(IdentityMap()), [], now, letters=[statement], restated=[restate(claim.id)])
        with suppress(Conflict):  # another replica was quicker
            commit(self._database, transaction)


def next_try(tries: int, now: datetime) -> datetime | None:
    """Return the instant of the next try after this number of failures; None where the message is given up."""
    return now + timedelta(seconds=RETRY_SECONDS[tries - 1]) if tries <= len(RETRY_SECONDS) else None
