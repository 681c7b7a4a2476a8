"""A finding of the doctor, and the platform that its checks examine."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from amqp import Connection

from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.state import ProcessState
from deploy.lianshan.stores import Client, Store, Stores
from deploy.lianshan.topology.state import BrokerState
from shared.runtime.clock import Clock

Level = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """The result of one check. `next` is the operator's next step."""

    check: str
    level: Level
    text: str
    next: str = ""

    def to_json(self) -> dict[str, str]:
        """Return it as `--json` prints it."""
        return asdict(self)


@dataclass(frozen=True)
class Platform:
    """The platform under examination: connections to both servers, and the state of the broker."""

    folder: Folder
    amqp_uri: str
    mongo_uri: str
    broker: Connection
    stores: Stores
    state: BrokerState
    clock: Clock
    """The store's time, and the city's."""
    gateway_url: str = ""
    processes: Sequence[ProcessState] = field(default_factory=list)
    """Those that `lianshan up` supervises; none on servers of your own."""

    @property
    def client(self) -> Client:
        """Return the client of MongoDB."""
        return self.stores.client

    @property
    def prefix(self) -> str:
        """Return the part of the databases' names before the service's."""
        return self.stores.prefix

    def store(self, service: str) -> Store:
        """Return the database of that service."""
        return self.stores.of(service)
