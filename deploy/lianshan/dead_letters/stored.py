"""The dead letters in the services' stores: read them, send one back to its service, remove it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from deploy.lianshan.dead_letters.later import actor_of
from deploy.lianshan.dead_letters.letter import DeadLetter, Entry
from deploy.lianshan.stores import Document, Store, Stores
from shared.contracts.refusals import Refused
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.letter_content import seal_content
from shared.engine.amqp.topology import commands_queue, events_queue
from shared.engine.decide.batch import Decisions
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.run.answers import BEING_RETRIED, DROPPED, refusal_body
from shared.engine.store.closed_keys import answer_dropped, promise_retry
from shared.engine.store.collections import INBOX, LETTERS, TIMERS
from shared.engine.store.commit import Answer, Transaction, commit
from shared.engine.store.durability import DURABLE, SETTLED
from shared.engine.store.errors import Conflict, StoreUnreachableError
from shared.engine.store.letters import DEAD, WAITING
from shared.engine.store.letters import send_back as resend
from shared.engine.store.sealing import vault_of_store
from shared.runtime.control import read_clock
from shared.runtime.vault import Vault

MAX_LETTERS: Final = 10_000
"""Dead letters of one queue that are read at once, the oldest."""
MOST_COUNTED: Final = 100_000
GATEWAY: Final = "gateway"
_MILLISECONDS: Final = 10_000


class ReturnFailedError(RuntimeError):
    """The dead letter stays as it is; the text names the reason."""


def list_queues() -> list[str]:
    """Return the names of the queues whose messages may fail."""
    return [events_queue(s) for s in SUBSCRIPTIONS] + [commands_queue(s) for s in COMMANDED]


def read_letters(stores: Stores, queues: Sequence[str]) -> Iterator[DeadLetter]:
    """Yield the dead letters of each queue, the oldest first, at most MAX_LETTERS of a queue."""
    for queue in queues:
        rows = stores.collection(queue.partition(".")[0], LETTERS).with_options(read_concern=SETTLED)
        found = rows.find({**DEAD, "queue": queue}, max_time_ms=_MILLISECONDS).sort("dead", 1).limit(MAX_LETTERS)
        yield from map(to_dead_letter, found)


def count_letters(stores: Stores) -> dict[str, int]:
    """Return the number of dead letters of each queue that has any, at most MOST_COUNTED."""
    return _count(stores, DEAD)


def count_retries(stores: Stores) -> dict[str, int]:
    """Return the number of messages of each queue that wait for another try, where there are any."""
    return _count(stores, WAITING)


def _count(stores: Stores, rule: Document) -> dict[str, int]:
    found = {}
    for queue in list_queues():
        rows = stores.collection(queue.partition(".")[0], LETTERS)
        if number := rows.count_documents({**rule, "queue": queue}, limit=MOST_COUNTED, maxTimeMS=_MILLISECONDS):
            found[queue] = number
    return found


def to_dead_letter(row: Document) -> DeadLetter:
    """Return the dead letter that a document holds, its content still sealed."""
    return DeadLetter(
        row["_id"], row["queue"], row["kind"], row["id"], row["type"], row["sealed"], row["sha256"], row["dead"],
        row["history"], row["repairs"],
    )  # fmt: skip


def send_back(store: Store, letter: DeadLetter, repairs: Sequence[Entry], vault: Vault | None) -> None:
    """Have its service try the message again at once, its tries counted from zero. Raises ReturnFailedError.

    An opened letter is stored with the content that it has now. The key of a command is opened for this very retry in
    the same transaction: until it is done, a repetition of the command is asked to wait for its outcome.
    """
    if not letter.sealed and letter.content is None:
        raise ReturnFailedError(
            f"{letter.id}: its body was too large to be kept: give a whole one with `dlq edit --file`"
        )
    news: dict[str, object] = {"tries": 0, "history": [], "repairs": {"$literal": list(repairs)}}
    if letter.content is not None:
        # The gateway has no data key: events carry no personal data, and are stored in clear there.
        own = None if vault is None or letter.service == GATEWAY else vault_of_store(store, vault, letter.service)
        news |= {"sealed": {"$literal": seal_content(letter.content, own, letter.key)}, "sha256": letter.digest}
    closed, restated = (
        _answer_from_now_on(store, letter, BEING_RETRIED, promise_retry) if letter.is_command else ((), ())
    )
    transaction = Transaction(
        Decisions(IdentityMap()), [], read_clock(store).machine(),
        letters=[resend(letter.key, letter.dead, news)], closed=closed, restated=restated,
    )  # fmt: skip
    _commit(store, letter, transaction)


def _commit(store: Store, letter: DeadLetter, transaction: Transaction) -> None:
    try:
        commit(store, transaction)
    except Conflict as error:
        raise ReturnFailedError(f"{letter.id}: somebody else has sent it back or dropped it meanwhile") from error
    except StoreUnreachableError as error:
        raise ReturnFailedError(f"{letter.id}: MongoDB did not take it, try again: {error}") from error


def _answer_from_now_on(
    store: Store, letter: DeadLetter, refusal: Refused, restate: Callable[[str, Answer], Document]
) -> tuple[list[Answer], list[Document]]:
    """Return the answer that closes the key of a command, or the statement that changes the answer of a closed key.

    Neither where the key was answered meanwhile: that answer stays, and a retry finds it and has no effect.
    """
    body = refusal_body(refusal)
    inbox = store.get_collection(INBOX, read_concern=SETTLED)
    row = inbox.find_one({"keys": letter.inbox_key})
    if row is None:  # it was given up by release 0.2, or so long ago that the inbox has forgotten it
        return [Answer(letter.inbox_key, "", body, _read_area(letter), letter.key)], []
    if row.get("letter") != letter.key:
        return [], []
    (known,) = row["answers"]
    return [], [restate(letter.key, Answer(known["key"], known["fingerprint"], body, known["area"]))]


def _read_area(letter: DeadLetter) -> str:
    actor = None if letter.content is None else actor_of(letter.content.headers)
    return "" if actor is None else actor.area


def set_timer_again(store: Store, letter: DeadLetter) -> None:
    """Set a timer that failed to be due now; leave it as it is where its service has set it again meanwhile."""
    row: Mapping[str, object] = json.loads(letter.body)
    document = {"due": read_clock(store).city(), "type": row["type"], "data": row["data"], "attempts": 0}
    document |= {"correlation": letter.id, "traceparent": ""}
    timers = store.get_collection(TIMERS, write_concern=DURABLE)
    timers.update_one({"_id": row["timer"]}, {"$setOnInsert": document}, upsert=True)
    store.get_collection(LETTERS, write_concern=DURABLE).delete_one({"_id": letter.key, **DEAD})


def drop(store: Store, letter: DeadLetter) -> None:
    """Remove a dead letter for good; the answer of a command's key says so from then on, in the same transaction.

    Raises ReturnFailedError where it has been sent back or dropped meanwhile.
    """
    closed, restated = _answer_from_now_on(store, letter, DROPPED, answer_dropped) if letter.is_command else ((), ())
    transaction = Transaction(
        Decisions(IdentityMap()), [], read_clock(store).machine(),
        closed=closed, restated=restated, dropped=[(letter.key, letter.dead)],
    )  # fmt: skip
    _commit(store, letter, transaction)
