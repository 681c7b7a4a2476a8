"""A process that starts waits for its store within bounds, and names the fault, the members and the next step."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Self

import amqp
import pytest
from engine_starting import AMQP, QUEUES, Broker
from pymongo.errors import ConfigurationError, OperationFailure, ServerSelectionTimeoutError, WTimeoutError

from shared.engine.run import startup
from shared.engine.run.startup import MAJORITY_TRIES, check_clock, check_start
from shared.runtime.errors import CannotStartError

MONGO = "mongodb://charity:secret@store:27017/?replicaSet=rs0"
SILENT = "no MongoDB answers at {}: check that it runs and has a primary, the host, the port and tls"


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(startup, "connect", made.connect)
    monkeypatch.setattr(startup, "Publisher", lambda connection: connection)
    monkeypatch.setattr(startup, "close_quietly", lambda _: made.log.append("closed"))
    return made


class Store:
    """A MongoDB as it greets; `fails` is raised by the first query."""

    def __init__(self, **greeting: object) -> None:
        self.greeting = greeting
        self.fails: Exception | None = None
        self.members: list[SimpleNamespace] = []
        self.awaited = self.lags = 0
        """Waits for a majority: how many there were, and how many are in vain."""
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

    @property
    def topology_description(self) -> SimpleNamespace:
        return SimpleNamespace(server_descriptions=lambda: {member.address: member for member in self.members})

    def await_majority(self, *_: object) -> None:
        self.awaited += 1
        if self.awaited <= self.lags:
            raise WTimeoutError("waiting for replication timed out", 64)

    def list_collection_names(self) -> list[str]:
        if self.fails is not None:
            raise self.fails
        return []


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(setName="rs0", hosts=["127.0.0.1:27017"])
    monkeypatch.setattr(startup, "MongoClient", made)
    monkeypatch.setattr(startup, "read_offset", lambda _: made.offset)
    monkeypatch.setattr(startup, "await_majority", made.await_majority)
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


def member(number: int, state: str, written: float | None = None) -> SimpleNamespace:
    return SimpleNamespace(address=(f"store-{number}", 27017), server_type_name=state, last_write_date=written)


def test_a_majority_that_catches_up_is_waited_for(store: Store, broker: Broker):
    store.lags = MAJORITY_TRIES - 1
    start()
    assert store.awaited == MAJORITY_TRIES
    assert broker.log[-1] == "closed"


def test_a_majority_that_lags_ends_the_start_and_names_each_member(store: Store, broker: Broker):
    store.lags = MAJORITY_TRIES
    store.members = [
        member(1, "RSPrimary", 1000.0), member(2, "RSSecondary", 660.4), member(3, "Unknown"), member(4, "RSOther"),
        member(5, "RSArbiter"),
    ]  # fmt: skip
    text = why()
    assert text.startswith(
        "LIANSHAN_MONGO_URI: no majority of the replica set at mongodb://charity:***@store:27017/ has the newest write "
        "of its primary (store-3:27017 does not answer; store-1:27017 is the primary; store-2:27017 is a secondary, "
        "340 s behind; store-4:27017 is neither primary nor secondary: it starts or recovers; store-5:27017 is an "
        "arbiter, which holds no data): start the members that do not answer"
    )
    assert text.endswith("then start this process again")
    assert broker.log == []


def test_a_set_without_a_primary_names_the_members_that_are_away(store: Store, broker: Broker):
    store.fails = ServerSelectionTimeoutError("No primary available for writes")
    store.members = [member(1, "RSSecondary", 5.0), member(2, "Unknown"), member(3, "Unknown")]
    assert why().startswith(
        "LIANSHAN_MONGO_URI: the replica set at mongodb://charity:***@store:27017/ has no primary (store-2:27017 does "
        "not answer; store-3:27017 does not answer; store-1:27017 is a secondary, 0 s behind): start the members"
    )


def test_a_store_that_fails_otherwise_shows_its_own_words_and_the_members(store: Store, broker: Broker):
    store.fails = OperationFailure("out of disk space", 14031)
    store.members = [member(1, "RSPrimary", 5.0)]
    assert "has not done the work of a start, out of disk space (store-1:27017 is the primary)" in why()


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
