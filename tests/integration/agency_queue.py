"""A queue of another agency on the platform's broker, for a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from amqp import Channel, Message

from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import connect

HEARTBEAT_SECONDS = 600
"""While a command runs the test sends none."""
AGENCY = "observer.street-office"


@contextmanager
def agency_queue(uri: str, *, make: bool = True) -> Iterator[Channel]:
    """A channel; in the context the queue stands, with one message, bound to the needs of a district."""
    connection = connect(uri, "test", HEARTBEAT_SECONDS)
    try:
        channel = connection.channel()
        channel.confirm_select()
        if make:
            channel.queue_declare(AGENCY, durable=True, auto_delete=False, arguments={"x-max-length": 5})
            channel.queue_bind(AGENCY, EVENTS_EXCHANGE, "stations.need.published.11.01.#")
            channel.basic_publish_confirm(Message(b"{}"), "", AGENCY)
        yield channel
        channel.queue_delete(AGENCY)
    finally:
        connection.close()
