"""A finding of the doctor, and the platform that its checks examine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from amqp import Connection

from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.state import ProcessState
from deploy.lianshan.stores import Client, Store, Stores
from deploy.lianshan.topology.state import BrokerState
from shared.contracts.reasons import Reason
from shared.runtime.clock import Clock
from shared.words import Wording

Level = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """The result of one check. `next` is the operator's next step."""

    check: str
    level: Level
    found: Reason
    next: Reason | None = None

    def to_json(self, words: Wording) -> dict[str, object]:
        """Return it as `--json` prints it: the codes with their values, and the sentences."""
        text, todo = self.word(words)
        return {
            "check": self.check, "level": self.level, "code": self.found.code, "args": dict(self.found.args),
            "text": text, "next_code": self.next.code if self.next else "", "next": todo,
        }  # fmt: skip

    def word(self, words: Wording) -> tuple[str, str]:
        """Return the sentences of the finding and of the next step, empty where there is none."""
        todo = "" if self.next is None else words.sentence(self.next.code, self.next.args)
        return words.sentence(self.found.code, self.found.args), todo


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
    supervised: bool = True
    """False where they run on and their supervisor has ended."""
    backup_days: int = 90
    """The age in days from which a backup is too old to be kept."""

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
