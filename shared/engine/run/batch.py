"""A batch under way: the parts that are committed together, and the results that are settled at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.contracts.refusals import Refused
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import Received
from shared.engine.decide.batch import Outcome
from shared.engine.decide.final_answers import closes_key
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.schema import Document
from shared.engine.observe.tracing import Stages
from shared.engine.store.commit import Answer, Transaction

SPLIT_AFTER: Final = 4
"""Conflicts of a part after which the next one halves it: smaller parts touch fewer entities and conflict less."""
CONFLICT_TRIES: Final = 15
"""Conflicts after which a message alone counts as failed. No race is lost so often: the message meets something that
does not go away, as another document under its unique key.
"""
UNLISTED_TRIES: Final = 3
"""How often the whole batch meets an error that no list names before it is halved, how often a message alone before it
is given up, and how many messages alone where none is committed: then it is the store's trouble after all.
"""
CONFLICT_PAUSE_SECONDS: Final = 0.01
"""The longest pause after a first conflict. It grows with each further one, and is random, so that two replicas do not
meet again in step.
"""


@dataclass(slots=True)
class Part:
    """Messages that are decided and committed together: at first the whole batch, a smaller part where that failed.

    `conflicts` counts the conflicts that these messages have met together.
    """

    messages: list[Received]
    conflicts: int = 0
    suspect: bool = False
    """Whether an error that no list names has come again for the whole, so that one message may be to blame."""

    @property
    def longest_pause(self) -> float:
        """Return the longest pause before the part is tried again, in seconds."""
        return CONFLICT_PAUSE_SECONDS * self.conflicts

    def split(self) -> "list[Part]":
        """Return the two halves of a part of several messages, the later one first."""
        half = len(self.messages) // 2
        return [Part(part, suspect=self.suspect) for part in (self.messages[half:], self.messages[:half])]


@dataclass(slots=True)
class DecidedPart:
    """A part whose handlers have run. `done` are the messages that the transaction commits."""

    done: list[Received]
    failed: list[tuple[Received, Exception]]
    outcomes: dict[str, Outcome]
    """By message key; none of an ignored message."""
    transaction: Transaction
    stages: Stages
    passing: list[tuple[Received, Refused]] = field(default_factory=list)
    """Commands refused for now, because another server did not answer: not stored, so that the same key may succeed."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A command that is given up: its delivery, the final answer that closes its key, and the statement that keeps it.

    Without a statement it is not kept.
    """

    delivery: Delivery
    answer: Answer
    letter: Document | None
    message: Incoming[object] | None = None
    """None where it was never opened."""


@dataclass(slots=True)
class Batch:
    """The results of a batch that leave the service past the outbox, collected until all of its parts are committed."""

    replies: list[tuple[Delivery, bytes]] = field(default_factory=list)
    """Commands with the JSON bodies of their replies."""
    repeated: list[Delivery] = field(default_factory=list)
    """Commands that came twice in the batch: they get the answer of the first."""
    undecodable: list[tuple[Delivery | Document, str]] = field(default_factory=list)
    """Deliveries and timer rows that cannot be decoded, with the reason."""
    failed: list[tuple[Received, Exception]] = field(default_factory=list)
    """Messages that failed alone."""
    committed: int = 0
    """Messages of the batch that have been committed."""
    suspects: int = 0
    """Messages that have met an error alone that no list names."""
    given_up: list[GivenUp] = field(default_factory=list)
    """Commands that fail for the first time."""
    dead_timers: list[Document] = field(default_factory=list)
    """Timer rows to delete where their dead letters are stored."""


def find_passing(messages: Sequence[Received], outcomes: Mapping[str, Outcome]) -> list[tuple[Received, Refused]]:
    """Return the commands that are refused as `unavailable`, each with its refusal."""
    return [
        (m, refusal)
        for m in messages
        if m.message.realm == "command"
        and (outcome := outcomes.get(m.message.key)) is not None
        and (refusal := outcome.refusal) is not None
        and not closes_key(refusal)
    ]
