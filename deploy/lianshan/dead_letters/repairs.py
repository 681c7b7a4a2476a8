"""Repairs of dead letters by an operator: sent back or edited, in the operator's name and on record."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final, Literal

from deploy.lianshan.dead_letters.editing import BadEditError, check_body, find_needs
from deploy.lianshan.dead_letters.later import Later, find_later
from deploy.lianshan.dead_letters.letter import DeadLetter
from deploy.lianshan.dead_letters.stored import ReturnFailedError, drop, send_back, set_timer_again
from deploy.lianshan.stores import Stores
from shared.contracts.access import Actor
from shared.runtime.audit import record
from shared.runtime.control import read_clock
from shared.runtime.vault import Vault, VaultError

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
    """Repairs over the services' stores. The vault opens and seals letters; without one nothing is shown."""

    stores: Stores
    vault: Vault | None
    operator: Operator

    def open(self, letter: DeadLetter) -> DeadLetter:
        """Return the letter with its content. Raises ReturnFailedError where it cannot be opened."""
        if not letter.sealed:
            return letter
        try:
            return letter.opened(None if self.vault is None else self.vault.of(letter.service))
        except (VaultError, ValueError) as error:
            raise ReturnFailedError(f"{letter.id}: {error}") from error

    def find_later(self, letter: DeadLetter) -> Later:
        """Return the later commands of a dead command's sender; without a number where it cannot be opened here."""
        with suppress(ReturnFailedError):
            letter = self.open(letter)
        return find_later(self.stores.of(letter.service), letter)

    def retry(self, letter: DeadLetter) -> None:
        """Send a dead letter back as it is; a command on record, because it may be done twice.

        Raises ReturnFailedError.
        """
        if letter.is_command:
            with suppress(ReturnFailedError):  # the service has the key, also where it is not at hand here
                letter = self.open(letter)
            self._record(letter, "dead_letter_retried")
        self._return(letter, letter, "retried")

    def is_older(self, letter: DeadLetter, days: int) -> bool:
        """Return whether it was given up longer ago than that, by the clock of its store."""
        return letter.dead < read_clock(self.stores.of(letter.service)).machine() - timedelta(days=days)

    def check(self, letter: DeadLetter, body: bytes) -> None:
        """Hold a new body to its contract, and a need that it newly names to those there are. Raises BadEditError."""
        check_body(letter, body)
        for path, need in find_needs(letter, body).items():
            if self.stores.of("stations")["needs"].find_one({"_id": need}, {"_id": 1}) is None:
                raise BadEditError(
                    f"{path}: there is no need {need}, so the message would have no effect; nothing was sent. "
                    "Look up the id in GET /v1/needs and give it by --set, or leave the field as it was"
                )

    def edit(self, letter: DeadLetter, body: bytes) -> None:
        """Send an opened dead letter back with another body, on record. Raises BadEditError, ReturnFailedError.

        The record comes first: an edit that is recorded and not sent does no harm, one that is sent and not recorded
        does.
        """
        edited = letter.with_body(body, check_body(letter, body))
        self._record(letter, "dead_letter_edited", body_was=letter.digest, body_is=sha256(body).hexdigest())
        self._return(letter, edited, "edited")

    def drop(self, letter: DeadLetter) -> None:
        """Remove a dead letter for good, on record: when, by whom, why, and the hash of its body."""
        self._record(letter, "dead_letter_dropped", message=letter.type, body_was=letter.digest)
        drop(self.stores.of(letter.service), letter)

    def record_read(self, letter: DeadLetter) -> None:
        """Record that the operator is about to see the whole body. Called before anything is shown."""
        self._record(letter, "dead_letter_read")

    def _return(self, letter: DeadLetter, sent: DeadLetter, did: Literal["retried", "edited"]) -> None:
        store = self.stores.of(letter.service)
        if letter.timer is not None:
            set_timer_again(store, sent if sent.content is not None else self.open(sent))
        else:
            send_back(store, sent, letter.repair(self.operator.name, did, read_clock(store).machine()), self.vault)

    def _record(self, letter: DeadLetter, what: str, **hashes: str) -> None:
        # The operator's name is a field of its own: an actor's id has few characters, a name may have any.
        store = self.stores.of(letter.service)
        record(
            store, what, list(dict.fromkeys((letter.subject, letter.id))), actor=OPERATOR, why=self.operator.why,
            # As the service's own rows: by another clock the row would stand elsewhere in the chain.
            now=read_clock(store).city(), queue=letter.queue, operator=self.operator.name[:MOST_NAME], **hashes,
        )  # fmt: skip
