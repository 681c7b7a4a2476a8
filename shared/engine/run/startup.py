"""What must hold before a process starts: its servers answer, let it in, and have been prepared.

Whoever starts is watched and can be told; whoever has started rides out whatever happens to the servers.
"""

import socket
from collections.abc import Sequence
from typing import Any, Final

import amqp
from pymongo import MongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from shared.contracts.subscriptions import COMMANDS_EXCHANGE
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, Outgoing, Publisher, close_quietly, connect
from shared.engine.amqp.topology import MARK_TYPE, letters_exchange, mark
from shared.runtime.addresses import masked
from shared.runtime.errors import CannotStartError
from shared.runtime.secretfiles import variable
from shared.runtime.settings import ServiceSettings

STORE_MILLIS: Final = 5000
AUTHENTICATION_FAILED: Final = 18
NOT_AUTHORIZED: Final = 13
_WORDS: Final = 200
_NOBODY: Final = "nobody"
"""A routing key that no queue is bound with: what is published so has no effect."""
_APPLY: Final = "run `lianshan topology apply`"


def check_start(settings: ServiceSettings, service: str, queues: Sequence[str]) -> None:
    """Raises CannotStartError."""
    try:
        _check_store(settings.mongo_uri, settings.database_name(service))
    except PyMongoError as error:
        raise CannotStartError(f"LIANSHAN_MONGO_URI: {_store_words(settings.mongo_uri, error)}") from error
    try:
        check_broker(settings.amqp_uri, service, queues)
    except BrokerUnreachableError as error:
        raise CannotStartError(f"LIANSHAN_AMQP_URI: {error}") from error


def check_port(field: str, host: str, port: int) -> None:
    """Raises CannotStartError where something listens there already, or nobody may; 0 is always free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            name = variable(field)
            raise CannotStartError(f"{name}: {host}:{port} is not to be had ({error.strerror}): set another") from error


def check_broker(uri: str, service: str, queues: Sequence[str]) -> None:
    """Raises BrokerUnreachableError where this release's plan has not been applied, a queue is gone since, or the user
    is not the service's own.
    """
    connection = connect(uri, f"{service} check")
    try:
        for queue in queues:
            _stands(connection, queue)
        try:
            connection.channel().exchange_declare(mark(), MARK_TYPE, passive=True)
        except amqp.exceptions.NotFound:
            raise BrokerUnreachableError(
                f"the queues at {masked(uri)} are those of another release ({mark()} is missing): {_APPLY}"
            ) from None
        # Whoever takes no messages of its own sends commands.
        _may_publish(connection, letters_exchange(queues[0]) if queues else COMMANDS_EXCHANGE)
    except BROKER_ERRORS as error:
        raise BrokerUnreachableError(f"{masked(uri)} does not answer: {type(error).__name__}: try again") from error
    finally:
        close_quietly(connection)


def _may_publish(connection: amqp.Connection, exchange: str) -> None:
    try:
        Publisher(connection).publish([Outgoing(exchange, _NOBODY, b"", {"message_id": _NOBODY})])
    except amqp.exceptions.AccessRefused:
        raise BrokerUnreachableError(
            f"this user may not publish on {exchange}, so it is not the service's own: name that, or run "
            "`lianshan access apply`"
        ) from None


def _stands(connection: amqp.Connection, queue: str) -> None:
    try:
        connection.channel().queue_declare(queue, passive=True)
    except (TimeoutError, amqp.exceptions.NotFound) as error:
        raise BrokerUnreachableError(f"the queue {queue} is missing: {_APPLY} ({error})") from error


def _check_store(uri: str, database: str) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(
        uri, serverSelectionTimeoutMS=STORE_MILLIS, connectTimeoutMS=STORE_MILLIS, socketTimeoutMS=STORE_MILLIS * 2
    )
    with client:
        hello = client.admin.command("hello")
        if "setName" not in hello and hello.get("msg") != "isdbgrid":
            raise CannotStartError(
                f"LIANSHAN_MONGO_URI: {masked(uri)} is no replica set, and transactions need one: start mongod with "
                "--replSet and initiate it"
            )
        client[database].list_collection_names()


def _store_words(uri: str, error: PyMongoError) -> str:
    at, said = masked(uri), str(error).partition(", Timeout")[0][:_WORDS]
    if isinstance(error, OperationFailure) and error.code == AUTHENTICATION_FAILED:
        return f"MongoDB at {at} does not let this user in: check the user, its password and authSource"
    if isinstance(error, OperationFailure) and error.code == NOT_AUTHORIZED:
        return f"this user may not use the service's database at {at}: name its own, or run `lianshan access apply`"
    if isinstance(error, ConfigurationError):
        return f"{at} cannot be used as it is written: {said}"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"the certificate of MongoDB at {at} is not trusted: check LIANSHAN_TLS_CA_FILE and the host's name"
    return f"no MongoDB answers at {at}: check that it runs and has a primary, the host, the port and tls ({said})"
