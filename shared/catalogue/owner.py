"""The owner of the catalogue over nameko's RPC: one bounded question on a connection of its own.

Asked only about labels that a view does not have, so that the connection is opened when it is needed and closed again.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final
from uuid import uuid4

import amqp
from pydantic import ValidationError

from shared.catalogue.asking import Labelled
from shared.contracts.catalogue.entries import Entry
from shared.contracts.catalogue.folding import fold
from shared.contracts.messages import QueryEnvelope
from shared.contracts.stations.catalogue import EntriesAnswer, FindEntries, LabelAsked
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect
from shared.runtime.logging import describe, get_logger

RPC_EXCHANGE: Final = "nameko-rpc"
METHOD: Final = "stations.find_entries"
SECONDS: Final = 2.0
"""The longest that one question may take: the batch of the one who asks waits for it."""
SILENT_SECONDS: Final = 5.0
"""After no answer, the owner counts as away for so long: a batch does not wait for it again."""
UNKNOWN_SECONDS: Final = 5.0
"""So long a label that the owner does not know is not asked about again."""
MOST_UNKNOWN: Final = 1_000
MOST_LABELS: Final = 500
"""Labels of one question; further ones count as not answered."""


class OwnerSilentError(RuntimeError):
    """The owner gave no answer in time, or one that cannot be read."""


class RpcOwner:
    """Asks stations. One for each process; not shared between threads."""

    def __init__(self, uri: str, service: str, clock: Callable[[], float] = monotonic) -> None:
        self._uri = uri
        self._service = service
        self._clock = clock
        self._silent_until = 0.0
        self._unknown: OrderedDict[Labelled, float] = OrderedDict()

    def find_entries(self, labels: Sequence[Labelled]) -> Sequence[Entry] | None:
        """Return the entries that the labels name; None where stations gives no answer within SECONDS."""
        now = self._clock()
        asked = [(kind, fold(label)) for kind, label in labels]
        open_labels = [one for one in dict.fromkeys(asked) if self._unknown.get(one, 0.0) <= now]
        if not open_labels:
            return ()
        if now < self._silent_until or len(open_labels) > MOST_LABELS:
            return None
        try:
            entries = self._ask(open_labels)
        except (*BROKER_ERRORS, BrokerUnreachableError, OwnerSilentError) as error:
            get_logger().warning("catalogue_owner_silent", error=describe(error))
            self._silent_until = self._clock() + SILENT_SECONDS
            return None
        self._remember_unknown(open_labels, entries)
        return entries

    def _ask(self, labels: Sequence[Labelled]) -> list[Entry]:
        connection = connect(self._uri, f"{self._service} asks for the catalogue")
        try:
            return _read(_call(connection, self._service, labels))
        finally:
            close_quietly(connection)

    def _remember_unknown(self, labels: Sequence[Labelled], entries: Sequence[Entry]) -> None:
        known = {(entry.kind, fold(name)) for entry in entries for name in entry.names}
        until = self._clock() + UNKNOWN_SECONDS
        self._unknown.update({label: until for label in labels if label not in known})
        while len(self._unknown) > MOST_UNKNOWN:
            self._unknown.popitem(last=False)


def _call(connection: amqp.Connection, service: str, labels: Sequence[Labelled]) -> bytes:
    channel = connection.channel()
    replies: list[bytes] = []
    # A name of the service's own, because its rights on the broker go by names.
    queue = f"{service}.replies.{uuid4().hex}"
    channel.queue_declare(queue, exclusive=True, auto_delete=True, durable=False)
    channel.queue_bind(queue, RPC_EXCHANGE, queue)
    channel.basic_consume(queue, no_ack=True, callback=lambda message: replies.append(_bytes(message.body)))
    query = FindEntries(labels=tuple(LabelAsked(kind=kind, label=label) for kind, label in labels))
    envelope = QueryEnvelope(type=query.type, data=query.model_dump(mode="json"))
    body = json.dumps({"args": [envelope.model_dump()], "kwargs": {}}, ensure_ascii=False)
    question = amqp.Message(
        body.encode(), content_type="application/json", content_encoding="utf-8", reply_to=queue, correlation_id=queue
    )
    channel.basic_publish(question, RPC_EXCHANGE, METHOD)
    ends = monotonic() + SECONDS
    while not replies:
        left = ends - monotonic()
        if left <= 0:
            raise OwnerSilentError(f"no answer within {SECONDS:g} s")
        try:
            connection.drain_events(timeout=left)
        except TimeoutError:
            continue  # the clock above ends it
    return replies[0]


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)


def _read(reply: bytes) -> list[Entry]:
    try:
        content = json.loads(reply)
        if content.get("error") is not None:
            raise OwnerSilentError(str(content["error"].get("exc_type")))
        return [item.entry for item in EntriesAnswer.model_validate(content["result"]["ok"]).items]
    except (ValueError, KeyError, AttributeError, ValidationError) as error:
        raise OwnerSilentError(type(error).__name__) from None
