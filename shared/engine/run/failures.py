"""The failures of a batch: a refusal for a command's caller, a retry later, or a dead letter for the operator."""

from collections.abc import Callable, Iterable, Sequence
from random import random
from typing import Final

from pymongo.database import Database

from shared.contracts.refusals import Refused
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import Received
from shared.engine.amqp.letter_content import read_content, read_past, write_timer
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.engine.decide.batch import Decisions
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import IdentityMap, TimerRow
from shared.engine.run import answers
from shared.engine.run.batch import CONFLICT_PAUSE_SECONDS, CONFLICT_TRIES, Batch, GivenUp
from shared.engine.run.failure_codes import is_given_up, to_code
from shared.engine.store import letters
from shared.engine.store.closed_keys import restate
from shared.engine.store.commit import Answer, Transaction, commit
from shared.engine.store.durability import settle
from shared.engine.store.errors import (
    Conflict,
    Held,
    NotCommittableError,
    StoreUnreachableError,
    UnlistedError,
    Unsettled,
)
from shared.engine.store.letters import Entry, Head, Letters
from shared.engine.store.reader import Reader
from shared.engine.store.timers import Timers
from shared.runtime.clock import Clock, MachineTime
from shared.runtime.logging import bind_message, clear_message, describe, get_logger, where
from shared.runtime.metrics import UNKNOWN, EngineMetrics

BLAMELESS: Final = (Held, Unsettled)
"""Conflicts with a commit that is under way elsewhere: no message is to blame, and none is given up for them."""


MOST_MET: Final = 10_000
KEPT_TOGETHER: Final = 50
"""Failed messages of one transaction: were each as large as it may be, sealed and with its headers, they would stay
below the size that MongoDB takes at once. All of a batch might not, and would be tried again without end.
"""


class FailureHandler:
    """Settles the failures of one service's batches.

    | failed message | consequence |
    |---|---|
    | event | kept and retried after 1, 5, 30 and 120 seconds, then a dead letter |
    | timer | the same, by its row in the store |
    | command | refused at once, because its caller waits; a dead letter and its key closed, unless it only met a lock |
    | event that alone meets an error which no list names, three times while others commit | a dead letter |
    | undecodable event or timer | a dead letter at once, because no retry could decode it |
    | undecodable command | refused and counted |
    """

    def __init__(self, service: str, timers: Timers, kept: Letters, metrics: EngineMetrics, clock: Clock) -> None:
        self._events_queue = events_queue(service)
        self._commands_queue = commands_queue(service)
        self._timers = timers
        self._letters = kept
        self._metrics = metrics
        self._clock = clock
        self._log = get_logger()
        self.committed = 0
        """Messages that this process has committed."""
        self._met: dict[str, int] = {}
        """By stored message that has met an error which no list names: `committed` as it was then."""

    def settle(self, batch: Batch) -> list[Document]:
        """Return the statements that keep the failed messages of the batch in the store.

        Adds the refusals of failed commands to the batch's replies and dead timers to its `dead_timers`; postpones
        failed timers. Raises PyMongoError.
        """
        now = self._clock.machine()
        statements: list[Document] = []
        for origin, reason in batch.undecodable:
            entry = letters.to_entry(now, "undecodable", reason)
            if isinstance(origin, Delivery):
                statements += self._settle_undecodable(origin, entry, batch, now)
            else:
                statements.append(self.bury_timer(origin, entry, batch, now))
        for received, failure in batch.failed:
            statements += self._settle(received, failure, batch, now)
        return statements

    def keep(
        self, database: Database[Document], reader: Reader, statements: Sequence[Document], batch: Batch,
        pause: Callable[[float], None],
    ) -> None:  # fmt: skip
        """Store the failed messages, and delete the timers among them, in transactions of their own.

        Of them, only commands are seen thereby: their keys are closed with a final answer, which is added to the
        replies of the batch. The good messages of the batch are committed already; a crash before this leaves all of
        them unacknowledged. Raises StoreUnreachableError or PyMongoError.
        """
        kept: list[GivenUp] = []
        for few, part in self._split(statements, batch):
            self._keep_together(database, reader, few, part, pause)
            batch.replies += part.replies
            kept += part.given_up
        batch.given_up = kept

    def _split(self, statements: Sequence[Document], batch: Batch) -> Iterable[tuple[Sequence[Document], Batch]]:
        """Return the failed messages in parts of KEPT_TOGETHER, each with its commands and timers."""
        rows = {self._timer_head(row).letter: row for row in batch.dead_timers}
        for start in range(0, max(len(statements), len(batch.given_up)), KEPT_TOGETHER):
            few = statements[start : start + KEPT_TOGETHER]
            timers = [rows[letter] for s in few if (letter := s["q"]["_id"]) in rows]
            yield few, Batch(given_up=batch.given_up[start : start + KEPT_TOGETHER], dead_timers=timers)

    def _keep_together(
        self, database: Database[Document], reader: Reader, statements: Sequence[Document], batch: Batch,
        pause: Callable[[float], None],
    ) -> None:  # fmt: skip
        rows = batch.dead_timers
        for nth in range(CONFLICT_TRIES):
            try:
                commit(database, self._build(statements, batch.given_up, rows))
            except Conflict:  # another replica stores or has done one of them, or has fired one of the timers
                pause(random() * CONFLICT_PAUSE_SECONDS * nth)
                settle(database)  # so that the next look shows the conflicting write
                unchanged = self._timers.find_unchanged(rows) if rows else set()
                fired = {self._timer_head(row).letter for row in rows if row["_id"] not in unchanged}
                rows = [row for row in rows if row["_id"] in unchanged]
                statements = self._drop_taken([s for s in statements if s["q"]["_id"] not in fired])
                self._drop_done(reader, batch)
            except NotCommittableError as error:
                raise StoreUnreachableError(f"the failed messages cannot be stored: {error}") from error
            else:
                batch.replies += [(one.delivery, one.answer.body) for one in batch.given_up]
                return
        raise StoreUnreachableError("the failed messages cannot be stored: others change them all the time")

    def _build(
        self, statements: Sequence[Document], given_up: Sequence[GivenUp], rows: Sequence[Document]
    ) -> Transaction:
        """Return the transaction that stores them. A command whose retry has failed has its final answer again."""
        return Transaction(
            Decisions(IdentityMap()), [], self._clock.machine(),
            closed=[one.answer for one in given_up],
            restated=[restate(s["q"]["_id"]) for s in statements if letters.gives_up(s)],
            letters=[*statements, *(one.letter for one in given_up if one.letter is not None)],
            fired=[TimerRow(row["_id"], row["due"]) for row in rows],
        )  # fmt: skip

    def _drop_taken(self, statements: Sequence[Document]) -> list[Document]:
        """Return the statements without those about claims that another replica has settled meanwhile."""
        claims = [claim for s in statements if (claim := letters.claim_of(s)) is not None]
        held = self._letters.find_unchanged(claims)
        return [s for s in statements if letters.claim_of(s) is None or s["q"]["_id"] in held]

    def _drop_done(self, reader: Reader, batch: Batch) -> None:
        """Take out the commands that another replica has answered meanwhile; each gets that answer."""
        seen = reader.find_seen([one.answer.key for one in batch.given_up])
        for one in batch.given_up:
            if (known := seen.get(one.answer.key)) is not None:
                body = known.body if one.message is None else answers.repeat_to(one.message, known)
                batch.replies.append((one.delivery, body))
        batch.given_up = [one for one in batch.given_up if one.answer.key not in seen]

    def _settle(self, received: Received, failure: Exception, batch: Batch, now: MachineTime) -> list[Document]:
        message, delivery = received.message, received.delivery
        entry = letters.to_entry(now, to_code(failure), describe(failure))
        # The text is one that `describe` allows: never a person's data.
        bind_message(message.correlation, message.id, message.traceparent)
        self._log.error("message_failed", type=message.type, error=entry["error"], where=where(failure))
        clear_message()
        if delivery is None:
            assert received.row is not None, "a message without a delivery is a timer"
            return self._retry_timer(received.row, failure, entry, batch, now)
        if message.realm == "command" and delivery.claim is None:
            # No retry: a refusal now is worth more to the caller than a result after its deadline.
            refusal = answers.to_refusal(failure, message.id)
            if refusal is answers.HELD:
                batch.replies.append((delivery, answers.refusal_body(refusal)))
            else:
                batch.given_up.append(self._give_up(received, delivery, refusal, entry, now))
            return []
        return [self._retry(received, delivery, failure, entry, now)]

    def _retry(
        self, received: Received, delivery: Delivery, failure: Exception, entry: Entry, now: MachineTime
    ) -> Document:
        """Return the statement for an event, or for a command that an operator has sent back."""
        message, claim = received.message, delivery.claim
        past: Sequence[Entry] = read_past(delivery.headers) if claim is None else claim.history
        tries = len(past) if claim is None else claim.tries
        blamed = self._is_blamed(failure, message.key)
        tries += blamed
        if not blamed:
            due = letters.next_try(1, now)
        elif message.realm != "event" or is_given_up([*past, entry]):
            due = None
        else:
            due = letters.next_try(tries, now)
        self._count(message.type, dead=due is None)
        if due is None:
            self._log.error("dead_letter", queue=delivery.queue, reason=entry["error"])
        if claim is not None:
            counted = entry if blamed else None
            return letters.give_up(claim, now, entry) if due is None else letters.postpone(claim, due, counted)
        history = [*past, entry] if blamed else past
        letter = self._letter(_head(received, delivery), delivery, history, tries)
        return letters.insert_dead(letter, now) if due is None else letters.insert_waiting(letter, due)

    def _is_blamed(self, failure: Exception, key: str) -> bool:
        """Return whether the failure counts as a try of the message."""
        if isinstance(failure, BLAMELESS):
            return False
        if not isinstance(failure, UnlistedError):
            return True
        # Unless others have been committed since it met the error last, the store may be to blame.
        before = self._met.get(key)
        if len(self._met) >= MOST_MET:
            self._met.clear()
        self._met[key] = self.committed
        return before is None or self.committed > before

    def _give_up(
        self, received: Received, delivery: Delivery, refusal: Refused, entry: Entry, now: MachineTime
    ) -> GivenUp:
        message = received.message
        self._log.error("dead_letter", queue=delivery.queue, reason=entry["error"])
        self._count(message.type, dead=True)
        statement = None
        if self._letters.takes_unasked():
            statement = letters.insert_dead(self._letter(_head(received, delivery), delivery, [entry], 1), now)
        else:
            self._log.error("dead_letter_not_kept", queue=delivery.queue, reason="there are too many already")
            refusal = answers.NOT_KEPT
        body = answers.refusal_body(refusal)
        letter = letters.letter_id(delivery.queue, message.key)
        return GivenUp(
            delivery, Answer(message.key, message.fingerprint, body, message.actor.area, letter), statement, message
        )

    def _settle_undecodable(self, delivery: Delivery, entry: Entry, batch: Batch, now: MachineTime) -> list[Document]:
        self._log.error("dead_letter", queue=delivery.queue, reason=entry["error"])
        if delivery.claim is not None:
            self._count(UNKNOWN, dead=True)
            return [letters.give_up(delivery.claim, now, entry)]
        if delivery.queue == self._commands_queue:
            self._metrics.count(UNKNOWN, "refused")
            refusal = Refused("invalid", "undecodable_command", reason=str(entry["error"]))
            batch.replies.append((delivery, answers.refusal_body(refusal)))
            return []
        self._count(UNKNOWN, dead=True)
        if not self._letters.takes_unasked():
            self._log.error("dead_letter_not_kept", queue=delivery.queue, reason="there are too many already")
            return []
        head = letters.name_undecodable(delivery)
        return [letters.insert_dead(self._letter(head, delivery, [entry], 1), now)]

    def _letter(self, head: Head, delivery: Delivery, history: Sequence[Entry], tries: int) -> Document:
        return letters.to_letter(head, read_content(delivery), self._letters.vault, history, tries)

    # ---- timers ---------------------------------------------------------------------------------------------

    def _retry_timer(
        self, row: Document, failure: Exception, entry: Entry, batch: Batch, now: MachineTime
    ) -> list[Document]:
        counts = not isinstance(failure, BLAMELESS)
        if not self._timers.postpone(row, self._clock.city(), counts=counts):
            return [self.bury_timer(row, entry, batch, now)]
        self._count(row["type"], dead=False)
        return []

    def bury_timer(self, row: Document, entry: Entry, batch: Batch, now: MachineTime) -> Document:
        """Return the statement that makes a timer a dead letter, and note the timer to be deleted with it."""
        self._log.error("dead_timer", type=row["type"], reason=entry["error"])
        self._count(row["type"], dead=True)
        batch.dead_timers.append(row)  # deleted by the transaction that stores the letter
        tries = row.get("attempts", 0) + 1
        letter = letters.to_letter(self._timer_head(row), write_timer(row), self._letters.vault, [entry], tries)
        return letters.insert_dead(letter, now)

    def _timer_head(self, row: Document) -> Head:
        key = f"timer:{row['_id']}:{row['due'].isoformat()}"
        return Head(self._events_queue, "timer", key, row["_id"], row["type"])

    def _count(self, message_type: str, *, dead: bool) -> None:
        (self._metrics.dead_letters if dead else self._metrics.retries).inc()
        self._metrics.count(message_type, "dead_lettered" if dead else "retried")


def _head(received: Received, delivery: Delivery) -> Head:
    message = received.message
    return Head(delivery.queue, message.realm, message.key, message.id, message.type)
