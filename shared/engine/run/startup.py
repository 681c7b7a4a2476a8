"""The checks before a process starts: its servers answer, accept its user, and have been prepared.

A process that starts is watched by an operator, so it reports a fault and ends. A running process is not watched, so it
waits for its servers for any length of time.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import amqp
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError, WTimeoutError

from shared.contracts.subscriptions import ARCHIVE_STREAM, COMMANDS_EXCHANGE
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, Outgoing, Publisher, close_quietly, connect
from shared.engine.amqp.event_log import OFFSET
from shared.engine.amqp.former_topology import requeue_exchange
from shared.engine.amqp.topology import MARK_TYPE, mark
from shared.engine.decide.schema import Document
from shared.engine.store.collections import INBOX
from shared.engine.store.durability import MAJORITY_MILLIS, await_majority
from shared.engine.store.members import Member, describe_members, has_primary
from shared.runtime.addresses import mask_password
from shared.runtime.control import read_offset
from shared.runtime.development import MOVABLE, find_members_outside
from shared.runtime.errors import CannotStartError
from shared.runtime.logging import get_logger
from shared.runtime.secretfiles import variable
from shared.runtime.settings import ServiceSettings

STORE_MILLIS: Final = 5000
"""How long MongoDB may take to be found and to accept a connection."""
MAJORITY_TRIES: Final = 5
"""Waits for a majority of MAJORITY_MILLIS each: members that start together, or catch up, are in step by then."""
AUTHENTICATION_FAILED: Final = 18
NOT_AUTHORIZED: Final = 13
_MAX_CHARACTERS: Final = 200
"""Characters kept of MongoDB's own text; it lists the state of each member."""
_REPAIR: Final = (
    "start the members that do not answer, let those behind catch up (docs/runbook/store-down.md, store-lag.md), then "
    "start this process again"
)
_NOBODY: Final = "nobody"
"""A routing key that no queue is bound with, so that a message with it has no effect."""
_APPLY: Final = "run `lianshan topology apply`"


def check_start(settings: ServiceSettings, service: str, queues: Sequence[str]) -> None:
    """Check that the store and the broker are ready for the service. Raises CannotStartError naming the setting.

    Waits for a majority of the store's members, MAJORITY_TRIES times: without it no write of the start would end.
    """
    check_start_of_store(settings, service)
    try:
        check_broker(settings.amqp_uri, service, queues)
    except BrokerUnreachableError as error:
        raise CannotStartError(f"LIANSHAN_AMQP_URI: {error}") from error


def check_start_of_store(settings: ServiceSettings, service: str, settled_by: str = INBOX) -> None:
    """Check that the store alone is ready, for a process without messages. Raises CannotStartError.

    `settled_by` is a collection from which the process may delete: a majority is waited for there.
    """
    _check_store(settings, settings.database_name(service), settled_by)


def check_port(field: str, host: str, port: int) -> None:
    """Check that the process may listen there; port 0 is always free. Raises CannotStartError naming the setting."""
    with socket.socket() as probe:
        # As servers do, so that connections of a process that has just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            name = variable(field)
            raise CannotStartError(f"{name}: {host}:{port} is not to be had ({error.strerror}): set another") from error


def check_broker(uri: str, service: str, queues: Sequence[str]) -> None:
    """Check that the broker is prepared for this release and accepts the service's user.

    Raises BrokerUnreachableError where the topology of this release has not been applied, a queue has been deleted
    since, or the user is not the service's own.
    """
    connection = connect(uri, f"{service} check")
    try:
        for queue in queues:
            _check_queue(connection, queue)
        try:
            connection.channel().exchange_declare(mark(), MARK_TYPE, passive=True)
        except amqp.exceptions.NotFound:
            raise BrokerUnreachableError(
                f"the queues at {mask_password(uri)} are those of another release ({mark()} is missing): {_APPLY}"
            ) from None
        # A process without queues of its own, the gateway's API, sends commands.
        _check_publish(connection, requeue_exchange(queues[0]) if queues else COMMANDS_EXCHANGE)
        if queues:
            _check_log(connection)
    except BROKER_ERRORS as error:
        raise BrokerUnreachableError(
            f"{mask_password(uri)} does not answer: {type(error).__name__}: try again"
        ) from error
    finally:
        close_quietly(connection)


def _check_publish(connection: amqp.Connection, exchange: str) -> None:
    # RabbitMQ shows a user no rights, but refuses a publication without one.
    try:
        Publisher(connection).publish([Outgoing(exchange, _NOBODY, b"", {"message_id": _NOBODY})])
    except amqp.exceptions.AccessRefused:
        raise BrokerUnreachableError(
            f"this user may not publish on {exchange}, so it is not the service's own: name that, or run "
            "`lianshan access apply`"
        ) from None
    except amqp.exceptions.NotFound:
        return  # RabbitMQ looks for the right first: the user has it, for an exchange that a former release needed


def _discard(_message: amqp.Message) -> None:
    """Ignore an event."""


def _check_log(connection: amqp.Connection) -> None:
    channel = connection.channel()
    channel.basic_qos(0, 1, a_global=False)
    try:
        # Under load an event arrives before the connection has ended; py-amqp calls the callback even if it is None.
        channel.basic_consume(ARCHIVE_STREAM, arguments={OFFSET: "next"}, callback=_discard)
    except amqp.exceptions.AccessRefused:
        raise BrokerUnreachableError(
            f"this user may not read the log of events, {ARCHIVE_STREAM}: run `lianshan access apply` of this release"
        ) from None


def _check_queue(connection: amqp.Connection, queue: str) -> None:
    try:
        # A channel of its own: the broker closes it where the queue is missing.
        connection.channel().queue_declare(queue, passive=True)
    except (TimeoutError, amqp.exceptions.NotFound) as error:
        raise BrokerUnreachableError(f"the queue {queue} is missing: {_APPLY} ({error})") from error


def check_clock(database: Database[Document], *, movable: bool) -> None:
    """Check that the process and the store agree about city time. Raises CannotStartError or PyMongoError.

    A movable clock is refused on a store beyond the loopback; a store whose clock was moved, without a movable clock.
    """
    if not movable:
        if offset := read_offset(database):
            raise CannotStartError(
                f"{MOVABLE}: city time has been moved {offset} ahead in the store {database.name}, and this process "
                "keeps the store's time; set it to true, in development, or begin with an empty store"
            )
        return
    for member in find_members_outside(database.client.admin.command("hello").get("hosts", ())):
        raise CannotStartError(
            f"{MOVABLE}: must not be true where MongoDB's replica set has the member {member}: city time moves in "
            "development only, where everything is on this machine's loopback; remove it"
        )


@contextmanager
def explaining(uri: str, client: MongoClient[Document]) -> Iterator[None]:
    """Raise CannotStartError, for the operator and with the state of the members, for PyMongo's errors."""
    try:
        yield
    except PyMongoError as error:
        members = list(client.topology_description.server_descriptions().values())
        text = _explain_store_error(mask_password(uri), error, members)
        raise CannotStartError(f"LIANSHAN_MONGO_URI: {text}") from error


def _check_store(settings: ServiceSettings, database: str, settled_by: str) -> None:
    uri = settings.mongo_uri
    try:
        client: MongoClient[Document] = MongoClient(
            uri, serverSelectionTimeoutMS=STORE_MILLIS, connectTimeoutMS=STORE_MILLIS, socketTimeoutMS=STORE_MILLIS * 2
        )
    except PyMongoError as error:
        text = _explain_store_error(mask_password(uri), error, [])
        raise CannotStartError(f"LIANSHAN_MONGO_URI: {text}") from error
    with client, explaining(uri, client):
        hello = client.admin.command("hello")
        if "setName" not in hello and hello.get("msg") != "isdbgrid":
            raise CannotStartError(
                f"LIANSHAN_MONGO_URI: {mask_password(uri)} is no replica set, and transactions need one: start mongod "
                "with --replSet and initiate it"
            )
        client[database].list_collection_names()
        check_clock(client[database], movable=settings.movable_clock)
        _wait_for_majority(client[database], settled_by)


def _wait_for_majority(database: Database[Document], collection: str) -> None:
    for left in reversed(range(MAJORITY_TRIES)):
        try:
            await_majority(database, collection)
        except WTimeoutError:
            if not left:
                raise
            get_logger().warning("majority_awaited", seconds_left=left * MAJORITY_MILLIS / 1000)
        else:
            return


def _explain_store_error(at: str, error: PyMongoError, members: Sequence[Member]) -> str:
    """Return the fault and the next step, for the operator."""
    text = str(error).partition(", Timeout")[0][:_MAX_CHARACTERS]
    if isinstance(error, OperationFailure) and error.code == AUTHENTICATION_FAILED:
        return f"MongoDB at {at} does not let this user in: check the user, its password and authSource"
    if isinstance(error, OperationFailure) and error.code == NOT_AUTHORIZED:
        return f"this user may not use the service's database at {at}: name its own, or run `lianshan access apply`"
    if isinstance(error, ConfigurationError):
        return f"{at} cannot be used as it is written: {text}"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"the certificate of MongoDB at {at} is not trusted: check LIANSHAN_TLS_CA_FILE and the host's name"
    states = describe_members(members)
    if not states:
        return f"no MongoDB answers at {at}: check that it runs and has a primary, the host, the port and tls ({text})"
    return f"{_explain_members(at, error, members, text)} ({states}): {_REPAIR}"


def _explain_members(at: str, error: PyMongoError, members: Sequence[Member], text: str) -> str:
    """Return the fault of a replica set of which a member has answered."""
    if not has_primary(members):
        return f"the replica set at {at} has no primary"
    if isinstance(error, WTimeoutError):
        return f"no majority of the replica set at {at} has the newest write of its primary"
    return f"MongoDB at {at} has not done the work of a start, {text}"
