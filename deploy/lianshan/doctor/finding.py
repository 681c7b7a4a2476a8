"""What a check finds, and what it is given to look at."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from amqp import Connection
from pymongo import MongoClient

from deploy.lianshan.local.folder import Folder
from deploy.lianshan.topology.standing import Standing

Level = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `next` is what to do about it."""

    check: str
    level: Level
    text: str
    next: str = ""

    def to_json(self) -> dict[str, str]:
        """As `--json` prints it."""
        return asdict(self)


@dataclass(frozen=True)
class Patient:
    """The platform: both servers, reached, and what stands on the broker."""

    folder: Folder
    amqp_uri: str
    mongo_uri: str
    prefix: str
    broker: Connection
    client: "MongoClient[dict[str, Any]]"
    standing: Standing
    now: datetime
    gateway_url: str = ""
    processes: list[Mapping[str, Any]] = field(default_factory=list)

    def store(self, service: str) -> Any:
        """The database of that service."""
        return self.client[f"{self.prefix}{service}"]
