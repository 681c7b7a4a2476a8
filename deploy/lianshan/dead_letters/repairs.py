"""Repairs of dead letters by an operator: sent back or edited, in the operator's name and on record."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Literal

from amqp import Connection

from deploy.lianshan.dead_letters.editing import check_body
from deploy.lianshan.dead_letters.letter import DeadLetter
from deploy.lianshan.dead_letters.queues import send_back, set_timer_again, with_body
from deploy.lianshan.stores import Store
from shared.contracts.access import Actor
from shared.runtime.audit import record
from shared.runtime.clock import machine_now

OPERATOR: Final = Actor(kind="person", id="operator", roles=("administrator",))
"""The actor of a repair; the command of the letter keeps its own."""
MOST_NAME: Final = 200


@dataclass(frozen=True)
class Operator:
    """The person who repairs, and the reason that is recorded."""

    name: str
    why: str = ""


@dataclass(frozen=True)
class Repairs:
    """Repairs over one connection. `open_store` opens the store of a service, which only some repairs need."""

    connection: Connection
    open_store: Callable[[str], AbstractContextManager[Store]]
    operator: Operator

    def retry(self, letter: DeadLetter) -> None:
        """Send a dead letter back as it is. Raises ReturnFailedError."""
        self._return(letter, letter, "retried")

    def edit(self, letter: DeadLetter, body: bytes) -> None:
        """Send a dead letter back with another body, on record. Raises BadEditError, ReturnFailedError.

        The record comes first: an edit that is recorded and not sent does no harm, one that is sent and not recorded
        does.
        """
        edited = with_body(letter, body, check_body(letter, body))
        hashes = {"body_was": sha256(letter.body).hexdigest(), "body_is": sha256(body).hexdigest()}
        self._record(letter, "dead_letter_edited", **hashes)
        self._return(letter, edited, "edited")

    def record_read(self, letter: DeadLetter) -> None:
        """Record that the operator is about to see the whole body. Called before anything is shown."""
        self._record(letter, "dead_letter_read")

    def _return(self, letter: DeadLetter, sent: DeadLetter, did: Literal["retried", "edited"]) -> None:
        if letter.timer is not None:
            with self.open_store(letter.service) as store:
                set_timer_again(store, sent)
            return
        headers = letter.with_repair(self.operator.name, did, machine_now()).headers
        send_back(self.connection, replace(sent, headers=headers))

    def _record(self, letter: DeadLetter, what: str, **hashes: str) -> None:
        # The operator's name is a field of its own: an actor's id has few characters, a name may have any.
        with self.open_store(letter.service) as store:
            record(
                store, what, [letter.id], actor=OPERATOR, why=self.operator.why, now=machine_now(),
                queue=letter.queue, operator=self.operator.name[:MOST_NAME], **hashes,
            )  # fmt: skip
