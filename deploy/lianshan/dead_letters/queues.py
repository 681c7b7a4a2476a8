"""The queues of dead letters: read them, send a dead letter back to its queue, or remove it.

A dead letter leaves its queue only after the broker has confirmed its copy elsewhere, or when it is dropped.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final

from amqp import Channel, Connection, Message

from deploy.lianshan.dead_letters.letter import DeadLetter
from deploy.lianshan.stores import Store
from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.broker import BROKER_ERRORS, PERSISTENT, Outgoing, Publisher
from shared.engine.amqp.dead_letters import HISTORY
from shared.engine.amqp.topology import commands_queue, dead_queue, events_queue
from shared.engine.store.collections import TIMERS
from shared.runtime.control import read_clock

MAX_LETTERS: Final = 10_000
"""Dead letters of one queue that are held at once."""
_NOT_SENT_BACK: Final = frozenset({"expiration", "reply_to"})
"""Properties that were for the first delivery: its time is over, and nobody waits for the answer."""


class ReturnFailedError(RuntimeError):
    """The broker did not take the copy; the dead letter stays where it is."""


def list_dead_queues() -> list[str]:
    """Return the names of all queues of dead letters."""
    names = [events_queue(s) for s in SUBSCRIPTIONS] + [commands_queue(s) for s in COMMANDED]
    return [dead_queue(name) for name in names]


@contextmanager
def open_dead_letters(connection: Connection, queue: str) -> Iterator[tuple[Channel, list[DeadLetter]]]:
    """Hold the dead letters of a queue, at most MAX_LETTERS, as long as the context lasts.

    Those that were not acknowledged through the channel go back to the queue, in their order.
    """
    channel = connection.channel()
    channel.auto_decode = False
    try:
        letters: list[DeadLetter] = []
        while len(letters) < MAX_LETTERS and (message := channel.basic_get(queue, no_ack=False)) is not None:
            letters.append(_read(queue, message))
        yield channel, letters
    finally:
        # Closing the channel gives the unacknowledged back, also where the caller has failed.
        channel.close()


def treat_each(
    connection: Connection,
    queues: Sequence[str],
    wanted: Callable[[DeadLetter], bool],
    treat: Callable[[DeadLetter], None],
) -> list[DeadLetter]:
    """Treat every wanted dead letter and then remove it; return those that were treated.

    An error of `treat` ends the run: that dead letter and those after it stay in their queues.
    """
    treated = []
    for queue in queues:
        with open_dead_letters(connection, queue) as (channel, letters):
            for letter in filter(wanted, letters):
                treat(letter)
                channel.basic_ack(letter.tag)
                treated.append(letter)
    return treated


def send_back(connection: Connection, letter: DeadLetter) -> None:
    """Publish it to the queue it came from, with its tries counted from zero. Raises ReturnFailedError."""
    headers = {k: v for k, v in letter.headers.items() if k != HISTORY and not k.startswith("x-death")}
    properties = {k: v for k, v in letter.properties.items() if k not in _NOT_SENT_BACK}
    # The publisher finds a message that comes back as unroutable by its message_id, so it must have one.
    properties |= {"message_id": letter.id, "application_headers": headers, "delivery_mode": PERSISTENT}
    try:
        refused = Publisher(connection).publish([Outgoing("", letter.origin, letter.body, properties)])
    except BROKER_ERRORS as error:
        raise ReturnFailedError(f"{letter.id}: RabbitMQ did not confirm it: {error}") from error
    if refused:
        raise ReturnFailedError(
            f"{letter.id}: the queue {letter.origin} does not take it: it is full, or missing (lianshan topology)"
        )


def set_timer_again(store: Store, letter: DeadLetter) -> None:
    """Set a timer that failed to be due now; leave it as it is where its service has set it again meanwhile."""
    row = json.loads(letter.body)
    document = {"due": read_clock(store).city(), "type": row["type"], "data": row["data"], "attempts": 0}
    document |= {"correlation": letter.id, "traceparent": ""}
    store[TIMERS].update_one({"_id": row["timer"]}, {"$setOnInsert": document}, upsert=True)


def with_body(letter: DeadLetter, body: bytes, properties: dict[str, str]) -> DeadLetter:
    """Return it with another body and the properties that the body must be sent with."""
    return replace(letter, body=body, properties={**letter.properties, **properties})


def _read(queue: str, message: Message) -> DeadLetter:
    properties = dict(message.properties)
    headers = properties.pop("application_headers", None) or {}
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    tag = message.delivery_info["delivery_tag"]
    return DeadLetter(
        queue=queue,
        # A stranger's message may have no id. The tag is one as long as the channel is open.
        id=properties.get("message_id") or f"{queue}/{tag}",
        type=properties.get("type") or _find_type(body),
        body=body,
        headers=headers,
        properties=properties,
        tag=tag,
    )


def _find_type(body: bytes) -> str:
    with suppress(ValueError):
        document = json.loads(body)
        if isinstance(document, dict):
            return str(document.get("type", ""))
    return ""
