"""A process that starts names the setting, the fault and the remedy where a server is not as it needs it."""

import socket
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Self

import amqp
import pytest
from pymongo.errors import ConfigurationError, OperationFailure, ServerSelectionTimeoutError

from shared.contracts.subscriptions import ARCHIVE_STREAM, COMMANDS_EXCHANGE
from shared.engine.amqp.broker import BrokerUnreachableError, Outgoing
from shared.engine.amqp.topology import MARK_TYPE, mark
from shared.engine.run import startup
from shared.engine.run.startup import check_broker, check_clock, check_port, check_start
from shared.runtime.errors import CannotStartError

AMQP = "amqp://charity:secret@broker:5672/city"
MONGO = "mongodb://charity:secret@store:27017/?replicaSet=rs0"
SILENT = "no MongoDB answers at {}: check that it runs and has a primary, the host, the port and tls"
QUEUES = ("charity.events", "charity.commands")


class Broker:
    """A broker as one service's user finds it; `fails` has the error of a call by its name."""

    def __init__(self) -> None:
        self.log: list[Any] = []
        self.fails: dict[str, Exception] = {}
        self.reader: Callable[[object], None] | None = None

    def connect(self, uri: str, name: str) -> "Broker":
        self.call("connect", uri, name)
        return self

    def call(self, name: str, *arguments: object) -> None:
        self.log.append((name, *arguments))
        for place in (name, f"{name} {arguments[0] if arguments else ''}"):
            if place in self.fails:
                raise self.fails[place]

    def channel(self) -> "Broker":
        self.log.append("channel")
        return self

    def queue_declare(self, name: str, *, passive: bool) -> None:
        self.call("queue", name, passive)

    def exchange_declare(self, name: str, kind: str, *, passive: bool) -> None:
        self.call("exchange", name, kind, passive)

    def publish(self, messages: list[Outgoing]) -> set[int]:
        (message,) = messages
        self.call("publish", message.exchange, message.routing_key, message.body)
        return {0}  # nobody is bound to it

    def basic_qos(self, size: int, count: int, *, a_global: bool) -> None:
        self.log.append(("qos", size, count, a_global))

    def basic_consume(self, queue: str, arguments: object, callback: Callable[[object], None]) -> None:
        self.reader = callback
        self.call("consume", queue, arguments)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(startup, "connect", made.connect)
    monkeypatch.setattr(startup, "Publisher", lambda connection: connection)
    monkeypatch.setattr(startup, "close_quietly", lambda _: made.log.append("closed"))
    return made


def refusal(queues: tuple[str, ...] = QUEUES) -> str:
    with pytest.raises(BrokerUnreachableError) as refused:
        check_broker(AMQP, "charity", queues)
    return str(refused.value)


# ---- the broker ------------------------------------------------------------------------------------------------


def test_each_queue_the_mark_a_publication_and_the_log_are_tried_and_nothing_stays(broker: Broker):
    check_broker(AMQP, "charity", QUEUES)
    assert broker.log == [
        ("connect", AMQP, "charity check"),
        "channel", ("queue", "charity.events", True),
        "channel", ("queue", "charity.commands", True),
        "channel", ("exchange", mark(), MARK_TYPE, True),
        ("publish", "charity.letters", "nobody", b""),
        "channel", ("qos", 0, 1, False), ("consume", ARCHIVE_STREAM, {"x-stream-offset": "next"}),
        "closed",
    ]  # fmt: skip
    assert broker.reader is not None
    broker.reader(amqp.Message(b""))  # an event that comes before the end has no effect


def test_a_process_without_queues_is_tried_by_a_command_and_reads_no_log(broker: Broker):
    check_broker(AMQP, "gateway", ())
    assert [call for call in broker.log if call[0] in {"publish", "consume", "queue"}] == [
        ("publish", COMMANDS_EXCHANGE, "nobody", b"")
    ]


@pytest.mark.parametrize("error", [amqp.NotFound("no queue"), TimeoutError("no answer")], ids=["gone", "silent"])
def test_a_queue_that_is_missing_is_named_with_the_command_that_makes_it(broker: Broker, error: Exception):
    broker.fails["queue charity.commands"] = error
    assert refusal() == f"the queue charity.commands is missing: run `lianshan topology apply` ({error})"
    assert broker.log[-1] == "closed"


def test_queues_of_another_release_are_told_by_the_mark(broker: Broker):
    broker.fails["exchange"] = amqp.NotFound("no exchange")
    assert refusal() == (
        f"the queues at amqp://charity:***@broker:5672/city are those of another release ({mark()} is missing): "
        "run `lianshan topology apply`"
    )
    assert broker.log[-1] == "closed"


def test_a_user_that_is_not_the_services_own_may_not_publish(broker: Broker):
    broker.fails["publish"] = amqp.AccessRefused("no right")
    assert refusal() == (
        "this user may not publish on charity.letters, so it is not the service's own: name "
        "that, or run `lianshan access apply`"
    )


def test_a_user_of_an_earlier_release_may_not_read_the_log(broker: Broker):
    broker.fails["consume"] = amqp.AccessRefused("no right")
    assert refusal() == (
        f"this user may not read the log of events, {ARCHIVE_STREAM}: run `lianshan access apply` of this release"
    )


@pytest.mark.parametrize("call", ["queue", "exchange", "publish", "consume"])
def test_a_broker_that_ends_the_connection_does_not_answer(broker: Broker, call: str):
    broker.fails[call] = ConnectionResetError("reset")
    assert refusal() == "amqp://charity:***@broker:5672/city does not answer: ConnectionResetError: try again"
    assert broker.log[-1] == "closed"


# ---- the port --------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_names_its_setting():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStartError) as refused:
            check_port("health_port", "127.0.0.1", port)
    assert str(refused.value) == (
        f"LIANSHAN_HEALTH_PORT: 127.0.0.1:{port} is not to be had (Address already in use): set another"
    )
    check_port("health_port", "127.0.0.1", 0)


# ---- the store -------------------------------------------------------------------------------------------------


class Store:
    """A MongoDB as it greets; `fails` is raised by the first query."""

    def __init__(self, **greeting: object) -> None:
        self.greeting = greeting
        self.fails: Exception | None = None
        self.offset = timedelta(0)
        self.options: dict[str, object] = {}
        self.opened: list[str] = []
        self.closed = False
        self.admin = SimpleNamespace(command=lambda _: self.greeting)
        self.name, self.client = "lianshan_charity", self

    def __call__(self, uri: str, **options: object) -> "Store":
        self.options = {"uri": uri, **options}
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def __getitem__(self, name: str) -> "Store":
        self.opened.append(name)
        return self

    def list_collection_names(self) -> list[str]:
        if self.fails is not None:
            raise self.fails
        return []


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(setName="rs0", hosts=["127.0.0.1:27017"])
    monkeypatch.setattr(startup, "MongoClient", made)
    monkeypatch.setattr(startup, "read_offset", lambda _: made.offset)
    return made


def start(*, movable: bool = False) -> None:
    settings: Any = SimpleNamespace(
        mongo_uri=MONGO, amqp_uri=AMQP, movable_clock=movable, database_name=lambda service: f"lianshan_{service}"
    )
    check_start(settings, "charity", QUEUES)


def why(**given: bool) -> str:
    with pytest.raises(CannotStartError) as refused:
        start(**given)
    return str(refused.value)


def test_the_store_is_asked_within_five_seconds_and_before_the_broker(store: Store, broker: Broker):
    start()
    assert store.options == {
        "uri": MONGO, "serverSelectionTimeoutMS": 5000, "connectTimeoutMS": 5000, "socketTimeoutMS": 10_000
    }  # fmt: skip
    assert set(store.opened) == {"lianshan_charity"}
    assert store.closed
    assert broker.log[0] == ("connect", AMQP, "charity check")


def test_a_store_without_a_replica_set_is_refused_before_the_broker_is_asked(store: Store, broker: Broker):
    store.greeting = {"hosts": []}
    assert why() == (
        "LIANSHAN_MONGO_URI: mongodb://charity:***@store:27017/ is no replica set, and transactions need one: start "
        "mongod with --replSet and initiate it"
    )
    assert broker.log == []


def test_a_sharded_cluster_is_as_good_as_a_replica_set(store: Store, broker: Broker):
    store.greeting = {"msg": "isdbgrid"}
    start()
    assert broker.log[-1] == "closed"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            OperationFailure("Authentication failed.", 18),
            "MongoDB at {} does not let this user in: check the user, its password and authSource",
        ),
        (
            OperationFailure("not authorized", 13),
            "this user may not use the service's database at {}: name its own, or run `lianshan access apply`",
        ),
        (ConfigurationError("no such option"), "{} cannot be used as it is written: no such option"),
        (
            ServerSelectionTimeoutError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"),
            "the certificate of MongoDB at {} is not trusted: check LIANSHAN_TLS_CA_FILE and the host's name",
        ),
        (
            ServerSelectionTimeoutError("store:27017: refused, Timeout: 5.0s, Topology Description: long"),
            f"{SILENT} (store:27017: refused)",
        ),
        (
            OperationFailure("x" * 1000, 99),
            f"{SILENT} ({'x' * 200})",
        ),
    ],
    ids=["password", "rights", "address", "certificate", "silent", "long"],
)
def test_a_store_that_refuses_is_told_by_its_fault(store: Store, broker: Broker, error: Exception, text: str):
    store.fails = error
    assert why() == f"LIANSHAN_MONGO_URI: {text.format('mongodb://charity:***@store:27017/')}"


def test_a_broker_that_is_not_prepared_names_its_setting(store: Store, broker: Broker):
    broker.fails["queue"] = amqp.NotFound("no queue")
    assert why().startswith("LIANSHAN_AMQP_URI: the queue charity.events is missing: run `lianshan topology apply`")


def test_a_store_whose_clock_was_moved_needs_a_movable_clock(store: Store, broker: Broker):
    store.offset = timedelta(hours=3)
    assert why() == (
        "LIANSHAN_MOVABLE_CLOCK: city time has been moved 3:00:00 ahead in the store lianshan_charity, and this "
        "process keeps the store's time; set it to true, in development, or begin with an empty store"
    )
    start(movable=True)


def test_a_movable_clock_is_refused_beyond_the_loopback(store: Store, broker: Broker):
    store.greeting = {"setName": "rs0", "hosts": ["127.0.0.1:27017", "store-2.example:27017"]}
    assert why(movable=True) == (
        "LIANSHAN_MOVABLE_CLOCK: must not be true where MongoDB's replica set has the member store-2.example:27017: "
        "city time moves in development only, where everything is on this machine's loopback; remove it"
    )
    start()


def test_a_set_that_names_no_members_has_none_outside(store: Store):
    store.greeting = {}
    check_clock(store, movable=True)  # type: ignore[arg-type]
