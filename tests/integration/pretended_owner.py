"""A pretended owner: stations as a thread that answers commands as it is told, beside a gateway alone."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import amqp
from gateway_stack import RunningGateway

from shared.engine.amqp.broker import Delivery, connect
from shared.engine.amqp.topology import commands_queue
from shared.engine.amqp.wire import open_command
from shared.runtime.vault import Vault

VAULT = Vault(bytes(range(32)), "stations")
Answering = Callable[[amqp.Message], dict[str, Any] | None]


def announce(gateway: RunningGateway) -> None:
    """Let the gateway know the key of stations, as it does after stations has announced it."""
    key = VAULT.wire_key()
    with gateway.database() as database:
        database["owner_keys"].insert_one({"_id": "stations", "key_id": key.id, "public": key.public})


@contextmanager
def pretending(gateway: RunningGateway, answer: Answering) -> Iterator[list[amqp.Message]]:
    """A service that answers commands to stations as told; gives the commands it has seen."""
    connection = connect(gateway.room.amqp_uri, "pretended stations")
    channel, seen, done = connection.channel(), [], threading.Event()

    def on_command(message: amqp.Message) -> None:
        seen.append(message)
        told = answer(message)
        if told is not None:
            reply = amqp.Message(json.dumps(told), correlation_id=message.properties["correlation_id"])
            channel.basic_publish(reply, routing_key=message.properties["reply_to"])

    def serve() -> None:
        while not done.is_set():
            try:
                connection.drain_events(timeout=0.1)
            except TimeoutError:
                continue

    channel.queue_purge(commands_queue("stations"))
    channel.basic_consume(commands_queue("stations"), callback=on_command, no_ack=True)
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join(5)
        connection.close()


def opened(message: amqp.Message) -> bytes:
    """The body, as stations opens it."""
    came = Delivery("stations.commands", 1, message.body, message.properties, "stations", redelivered=False)
    return open_command(came, VAULT).body
