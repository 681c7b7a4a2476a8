"""All that a demo's stack keeps and sends: the messages of its broker, its stores, its logs."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import amqp
from bson import json_util
from pymongo import MongoClient

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.folder import Folder
from shared.engine.amqp.broker import BROKER_ERRORS, close_quietly, connect

TRACE: Final = "amq.rabbitmq.trace"
"""The exchange of RabbitMQ's tracing (https://www.rabbitmq.com/docs/firehose): a copy of every published message."""
PATIENCE: Final = 120.0
ROUND_SECONDS: Final = 0.2
SYSTEM: Final = frozenset({"admin", "config", "local"})
SECRETS: Final = frozenset({".erlang.cookie"})


@dataclass(frozen=True)
class Sent:
    """A message that a program has published: the exchange, the queue or key it went to, its headers and body."""

    exchange: str
    key: str
    text: str


@dataclass
class Tap:
    """Receives a copy of each message of a demo's broker from its start to the end of the `with`.

    The demo stands still while the tap begins: on a busy machine that takes longer than its services to start.
    """

    folder: Folder
    demo: "subprocess.Popen[bytes]"
    sent: list[Sent] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._await_broker()
        self.demo.send_signal(signal.SIGSTOP)
        try:
            self._begin()
        finally:
            self.demo.send_signal(signal.SIGCONT)
        return self

    def _begin(self) -> None:
        program, environment = rabbitmq.control(self.folder)
        subprocess.run([*program, "trace_on"], env=environment, check=True, capture_output=True, timeout=60)
        self._connection = connect(rabbitmq.uri(self.folder), "tap")
        channel = self._connection.channel()
        queue = channel.queue_declare("", exclusive=True, auto_delete=True).queue
        channel.queue_bind(queue, TRACE, "publish.#")
        channel.basic_consume(queue, no_ack=True, callback=self._take)
        self._thread = threading.Thread(target=self._listen, name="tap", daemon=True)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(5)
        close_quietly(self._connection)

    def _await_broker(self) -> None:
        end = time.monotonic() + PATIENCE
        while not (
            self.folder.secrets_file.exists()
            and self.folder.known_port("epmd")
            and self.folder.known_port("amqp")
            and rabbitmq.is_ready(rabbitmq.uri(self.folder))
        ):
            assert time.monotonic() < end, "the demo's broker does not start"
            time.sleep(0.05)

    def _take(self, message: amqp.Message) -> None:
        headers: dict[str, Any] = message.headers
        body = message.body if isinstance(message.body, str) else bytes(message.body).decode(errors="replace")
        key = ",".join(map(str, headers.get("routing_keys", ())))
        self.sent.append(Sent(str(headers.get("exchange_name", "")), key, f"{headers} {body}"))

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                self._connection.heartbeat_tick()
                self._connection.drain_events(timeout=ROUND_SECONDS)
            except TimeoutError:
                continue
            except BROKER_ERRORS:
                return


def read_stores(mongo_uri: str) -> Iterator[tuple[str, str]]:
    """Yield each stored document as JSON, with its database and collection: inbox, outbox, audit, feed, views, all."""
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        for database in client.list_database_names():
            if database in SYSTEM:
                continue
            for collection in client[database].list_collection_names():
                for document in client[database][collection].find({}, batch_size=500):
                    yield f"{database}.{collection}", json_util.dumps(document, ensure_ascii=False)


def read_logs(folder: Folder) -> Iterator[tuple[str, str]]:
    """Yield the log of each process with its name, and the gateway's log of accesses."""
    for path in sorted(path for path in Path(folder.logs).rglob("*") if path.is_file()):
        yield path.name, path.read_text("utf-8", errors="replace")
