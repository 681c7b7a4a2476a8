"""The intake of a batch: deliveries and timer rows become messages, and those that were handled before are dropped."""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.contracts.refusals import Refused
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import ExpiredError, Received, UndecodableError, decode, decode_timer
from shared.engine.amqp.event_log import OFFSET
from shared.engine.amqp.topology import commands_queue
from shared.engine.amqp.wire import open_command
from shared.engine.decide.schema import Document
from shared.engine.run import answers
from shared.engine.run.batch import Batch
from shared.engine.run.service import ServiceSpec
from shared.engine.store.commit import Answer
from shared.engine.store.letters import Letters
from shared.engine.store.reader import Reader
from shared.engine.store.timers import Timers
from shared.runtime.clock import CityTime
from shared.runtime.metrics import UNKNOWN, EngineMetrics

DOUBTED: Final = 100
"""Batches after a conflict or an error in which all events are looked up: where one came again unmarked, more may."""


class Intake:
    """Takes the batches of one service in."""

    def __init__(self, spec: ServiceSpec, timers: Timers, letters: Letters) -> None:
        self._spec = spec
        self._timers = timers
        self._letters = letters
        self._commands_queue = commands_queue(spec.name)
        self._doubted = 0

    def decode(
        self, deliveries: Sequence[Delivery], rows: Sequence[Document], batch: Batch, now: CityTime,
        metrics: EngineMetrics,
    ) -> list[Received]:  # fmt: skip
        """Return the messages that can be decoded; the others are noted in the batch, with their refusal or reason."""
        received, handlers, vault = [], self._spec.handlers, self._spec.vault
        secret = b"" if vault is None else vault.fingerprint_key
        for came in deliveries:
            delivery, is_command = came, came.queue == self._commands_queue
            try:
                if is_command:
                    delivery = open_command(came, vault)
                received.append(decode(delivery, handlers, is_command=is_command, now=now, secret=secret))
            except UndecodableError as error:
                batch.undecodable.append((delivery, str(error)))
            except Refused as refusal:
                if delivery.claim is not None:  # nobody waits for the answer; an operator sees the reason
                    batch.undecodable.append((delivery, str(refusal)))
                else:
                    metrics.count(UNKNOWN, "refused")
                    batch.replies.append((delivery, answers.refusal_body(refusal)))
            except ExpiredError:
                metrics.count(UNKNOWN, "expired")
        for row in rows:
            try:
                received.append(decode_timer(row, handlers))
            except UndecodableError as error:
                batch.undecodable.append((row, str(error)))
        return received

    def drop_seen(
        self, messages: list[Received], batch: Batch, reader: Reader, metrics: EngineMetrics
    ) -> list[Received]:
        """Return the new messages. Repeated commands are answered from the inbox; the rows of the others are deleted.

        An event that a queue delivers for the first time is hardly ever a repeated one, and is not looked up: where it
        is, its key meets itself in the inbox when it is committed. Raises PyMongoError.
        """
        looked_up = [m for m in messages if not _comes_first(m)]
        if self._doubted and len(looked_up) < len(messages):
            self._doubted, looked_up = self._doubted - 1, messages
        seen = reader.find_seen([m.message.key for m in looked_up])
        fresh: dict[str, Received] = {}
        for received in messages:
            message = received.message
            received.closed, received.asked = _find_own_letter(received, seen)
            if (message.key not in seen or received.closed) and message.key not in fresh:
                fresh[message.key] = received
                continue
            metrics.count(message.type, "repeated")
            if message.key in fresh:
                self._note_repeated(received, fresh[message.key], batch)
            else:
                self._drop(received, seen, batch)
        return list(fresh.values())

    def doubt(self) -> None:
        """Look all events up in the next DOUBTED batches: one may have met its own effects."""
        self._doubted = DOUBTED

    def drop_taken(self, messages: list[Received]) -> list[Received]:
        """Return the messages without the timers and stored messages that another replica has taken up meanwhile.

        A timer that was deleted or set again is dropped as well. Raises PyMongoError.
        """
        rows = [m.row for m in messages if m.row is not None]
        claims = [m.delivery.claim for m in messages if m.delivery is not None and m.delivery.claim is not None]
        if not rows and not claims:
            return messages
        unchanged = self._timers.find_unchanged(rows) if rows else set()
        held = self._letters.find_unchanged(claims)
        return [
            m
            for m in messages
            if (m.row is None or m.row["_id"] in unchanged)
            and (m.delivery is None or m.delivery.claim is None or m.delivery.claim.id in held)
        ]

    def _note_repeated(self, received: Received, first: Received, batch: Batch) -> None:
        # Twice in one batch: the answer is not known yet, the second gets it with the first; only another body under
        # the same key is refused now.
        delivery = received.delivery
        if delivery is not None and received.message.fingerprint != first.message.fingerprint:
            batch.replies.append((delivery, answers.MISMATCH_BODY))
        elif delivery is not None and received.message.actor != first.message.actor:
            # The first one's answer may not be for this actor: its next try is judged by the stored answer.
            batch.replies.append((delivery, answers.HELD_BODY))
        elif delivery is not None and delivery.properties.get("reply_to"):
            batch.repeated.append(delivery)

    def _drop(self, received: Received, seen: Mapping[str, Answer | None], batch: Batch) -> None:
        message, delivery = received.message, received.delivery
        if received.row is not None:
            self._timers.delete(received.row)
        if delivery is not None and delivery.claim is not None:
            self._letters.delete(delivery.claim)
        if delivery is not None and (answer := seen[message.key]) is not None:
            batch.replies.append((delivery, answers.repeat_to(message, answer)))


def _comes_first(received: Received) -> bool:
    """Return whether it is an event that its queue delivers for the first time. Most events of the log have come."""
    delivery = received.delivery
    return (
        received.message.realm == "event"
        and delivery is not None
        and not delivery.redelivered
        and delivery.claim is None
        and OFFSET not in delivery.headers
    )


def _find_own_letter(received: Received, seen: Mapping[str, Answer | None]) -> tuple[str, str]:
    """Return the letter's id and the fingerprint of its closed key where the message is its retry; else empty."""
    claim = None if received.delivery is None else received.delivery.claim
    answer = seen.get(received.message.key)
    if claim is None or answer is None or answer.letter != claim.id:
        return "", ""
    return claim.id, answer.fingerprint
