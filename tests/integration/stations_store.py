"""Stations on a store of MongoDB: it decides and commits as its process does, without a broker."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from asking import ask
from pymongo.database import Database

from services.stations.declaration import DECLARATION
from shared.contracts import Query
from shared.contracts.stations.needs import RegisterNeed
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.incoming import Incoming, Realm
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.reader import Reader
from shared.runtime.clock import MachineTime
from shared.runtime.vault import Vault

A = TypeVar("A")
COMMUNITY = "110102009017"
HOUR = timedelta(hours=1)


class Service:
    """The handlers over a database, one message a transaction."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.database = database
        self.vault = Vault(bytes(range(32)))
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._handlers = DECLARATION.handlers(vault=self.vault)
        self._numbers = count(1)

    def decide(self, data: Any) -> Decisions:
        realm: Realm = "command" if hasattr(data, "to") else "event"
        handler = self._handlers.find(realm, data.type)
        assert handler is not None
        key = f"{uuid4()}-{next(self._numbers)}"
        message: Incoming[Any] = Incoming(realm, key, key, data.type, data, self.now, key, "")
        return decide([(message, handler)], Reader(self.database).fetch, self.now)

    def commit(self, decided: Decisions) -> Any:
        (outcome,) = decided.outcomes
        if outcome.failure or outcome.refusal:
            raise outcome.failure or outcome.refusal  # type: ignore[misc]
        commit(self.database, Transaction(decided, keys=[outcome.message.key], now=MachineTime(self.now)))
        return outcome.answer

    def do(self, data: Any) -> Any:
        return self.commit(self.decide(data))

    def ask(self, query: Query[A], **reader: Any) -> A:
        return ask(DECLARATION, self.database, query, self.now, vault=self.vault, **reader)

    def asked(self, station_id: str, **changes: Any) -> RegisterNeed:
        posted = {
            "station_id": station_id,
            "title": "Coal for Grandfather Wen",
            "theme": "elderly_care",
            "urgency": "high",
            "due": self.now + 8 * HOUR,
            "location": {"lon": 116.33712, "lat": 39.92891},
            "beneficiaries": {"count": 1, "groups": ["living_alone"]},
            "lines": [
                {"kind": "goods", "item": "heater", "quantity": 4, "unit": "piece"},
                {"kind": "money", "amount_fen": 9000, "purpose": "his stove pipe"},
            ],
            "publish": True,
        }
        return RegisterNeed.model_validate({**posted, **changes})
