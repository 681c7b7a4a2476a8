"""The dead letters: look at them, send them back to the queue they came from, or drop them.

A letter is only ever removed from its queue after the broker has confirmed its copy elsewhere, or when it is dropped.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from amqp import Connection

from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.broker import BROKER_ERRORS, PERSISTENT, Outgoing, Publisher
from shared.engine.amqp.dead_letters import HISTORY
from shared.engine.amqp.topology import commands_queue, dead_queue, events_queue

REPAIRS: Final = "x-lianshan-repairs"
"""Header: JSON list of {at, by, did, was, tries, error}, one entry each time that it was sent back; `was` is the hash
of the body before an edit.
"""
MOST_REPAIRS: Final = 20
TIMER: Final = "x-lianshan-timer"
MAX_LETTERS: Final = 10_000
_KEPT_BODY: Final = 4000


class LetterLostError(RuntimeError):
    """The broker did not take the copy; the letter stays where it is."""


@dataclass(frozen=True)
class Letter:
    """One dead letter with what is known of its tries."""

    queue: str
    id: str
    type: str
    body: bytes
    headers: dict[str, Any]
    properties: dict[str, Any]
    tag: int

    @property
    def service(self) -> str:
        """Whose letter it is."""
        return self.queue.partition(".")[0]

    @property
    def origin(self) -> str:
        """The queue that it could not be handled from."""
        return self.queue.removesuffix(".dead")

    @property
    def timer(self) -> str | None:
        """The timer's key, where it is a timer that failed and not a message."""
        return self.headers.get(TIMER)

    @property
    def history(self) -> list[dict[str, Any]]:
        """Each try: when, and what went wrong. Where the engine never saw it: what the broker says."""
        if past := _entries(self.headers.get(HISTORY)):
            return past
        deaths = self.headers.get("x-death") or []
        return [
            {"at": str(d.get("time", "")), "error": f"{d.get('reason')} in {d.get('queue')}, {d.get('count')} times"}
            for d in deaths
        ]

    @property
    def repairs(self) -> list[dict[str, Any]]:
        """Each time that an operator has sent it back before: when, who, and how it had failed until then."""
        return _entries(self.headers.get(REPAIRS))

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it; the body apart."""
        told = {"queue": self.queue, "id": self.id, "type": self.type, "timer": self.timer, "history": self.history}
        return {**told, "repairs": self.repairs}

    def repaired(self, by: str, did: str, now: datetime) -> "Letter":
        """With one more entry in its repairs: what it was and how it had failed."""
        past = self.history
        entry = {
            "at": now.isoformat(), "by": by, "did": did, "was": sha256(self.body).hexdigest(),
            "tries": len(past), "error": past[-1].get("error", "") if past else "",
        }  # fmt: skip
        kept = json.dumps([*self.repairs, entry][-MOST_REPAIRS:], ensure_ascii=False)
        return replace(self, headers={**self.headers, REPAIRS: kept})

    def text(self) -> str:
        """The body as it came, as far as it is text, cut to 4,000 characters."""
        return self.body.decode(errors="backslashreplace")[:_KEPT_BODY]


def _entries(header: Any) -> list[dict[str, Any]]:
    """A header's list; empty where there is none or it was tampered with."""
    with suppress(ValueError, TypeError):
        past = json.loads(header)
        return [entry for entry in past if isinstance(entry, dict)] if isinstance(past, list) else []
    return []


def dead_queues() -> list[str]:
    """Every queue of dead letters."""
    names = [events_queue(s) for s in SUBSCRIPTIONS] + [commands_queue(s) for s in COMMANDED]
    return [dead_queue(name) for name in names]


@contextmanager
def open_letters(connection: Connection, queue: str) -> Iterator[tuple[Any, list[Letter]]]:
    """All letters of a queue, held while the context lasts; those that were not acknowledged go back, in order."""
    channel = connection.channel()
    channel.auto_decode = False
    try:
        letters: list[Letter] = []
        while len(letters) < MAX_LETTERS and (message := channel.basic_get(queue, no_ack=False)) is not None:
            letters.append(_letter(queue, message))
        yield channel, letters
    finally:
        channel.close()


def send_back(connection: Connection, letter: Letter) -> None:
    """To its queue again, with its tries counted anew. Raises LetterLostError."""
    headers = {k: v for k, v in letter.headers.items() if k != HISTORY and not k.startswith("x-death")}
    properties = {k: v for k, v in letter.properties.items() if k not in {"expiration", "reply_to"}}
    # A letter that the broker returns as unroutable is told by its message_id, so it must have one.
    properties |= {"message_id": letter.id, "application_headers": headers, "delivery_mode": PERSISTENT}
    try:
        refused = Publisher(connection).publish([Outgoing("", letter.origin, letter.body, properties)])
    except BROKER_ERRORS as error:
        raise LetterLostError(f"{letter.id}: RabbitMQ did not confirm it: {error}") from error
    if refused:
        raise LetterLostError(
            f"{letter.id}: the queue {letter.origin} does not take it: it is full, or missing (lianshan topology)"
        )


def set_again(timers: Any, letter: Letter) -> None:
    """A timer that failed, due now; one that was set anew meanwhile is left as it is."""
    row = json.loads(letter.body)
    document = {"due": datetime.now(UTC), "type": row["type"], "data": row["data"], "attempts": 0}
    document |= {"correlation": letter.id, "traceparent": ""}
    timers.update_one({"_id": row["timer"]}, {"$setOnInsert": document}, upsert=True)


def each(
    connection: Connection, queues: list[str], wanted: Callable[[Letter], bool], treat: Callable[[Letter], None]
) -> list[Letter]:
    """Treat every wanted letter, then remove it; gives those that were treated."""
    done = []
    for queue in queues:
        with open_letters(connection, queue) as (channel, letters):
            for letter in filter(wanted, letters):
                treat(letter)
                channel.basic_ack(letter.tag)
                done.append(letter)
    return done


def _letter(queue: str, message: Any) -> Letter:
    properties = dict(message.properties)
    headers = properties.pop("application_headers", None) or {}
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    return Letter(
        queue=queue,
        id=properties.get("message_id") or f"{queue}/{message.delivery_info['delivery_tag']}",
        type=properties.get("type") or _type_of(body),
        body=body,
        headers=headers,
        properties=properties,
        tag=message.delivery_info["delivery_tag"],
    )


def _type_of(body: bytes) -> str:
    with suppress(ValueError):
        parsed = json.loads(body)
        if isinstance(parsed, dict):
            return str(parsed.get("type", ""))
    return ""
