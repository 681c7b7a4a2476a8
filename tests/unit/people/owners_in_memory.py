"""An owner of personal data without servers, whose store answers queries."""

from datetime import datetime, timedelta
from typing import Any

from asking import ask

from shared.catalogue import NoOwner
from shared.contracts.access import Actor
from shared.contracts.messages import Command, Query
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.needs import RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.run.service import Declaration
from shared.engine.store.replicas import Share
from shared.runtime.audit import AUDIT
from shared.runtime.vault import Vault
from tests.city.mongo import Database
from tests.city.store import Memory

AREA = "110102009017"
INSURER = Actor(kind="agency", id="key_9", roles=("agency",), area="1101", on_behalf_of="principal_insurer")


class Owner:
    """A service without servers whose store answers queries."""

    def __init__(self, declared: Declaration) -> None:
        self.declared = declared
        self.given: dict[str, object] = {
            "vault": Vault(bytes(32)).of(declared.name), "catalogue_owner": NoOwner(), "share": Share(),
        }  # fmt: skip
        self.engine = MemoryEngine(declared.handlers(**self.given))
        self.audit: list[dict[str, Any]] = []

    def do(self, command: Command) -> Any:
        return self.engine.command(command)

    def ask(self, query: Query[Any], actor: Actor = INSURER, at: datetime | None = None) -> Any:
        store: Any = Database(Memory(self.declared.name))
        for (model, _), entity in self.engine.entities.items():
            store[model.collection].insert_one(entity.to_document())
        try:
            return ask(self.declared, store, query, at or self.engine.now, actor=actor, why="insurance", **self.given)
        finally:
            self.audit = list(store[AUDIT].find())

    def need(self, title: str) -> RegisterNeed:
        """A need with that title, of a station that is opened for it."""
        self.do(ImportAreas(rows=(AreaRow(code=AREA, name="Elm Hall"),)))
        station = self.do(OpenStation(area=AREA, name="Elm Hall station", level="station")).id
        asked = {
            "station_id": station, "title": title, "theme": "elderly_care", "urgency": "normal",
            "due": START + timedelta(hours=8), "location": {"lon": 116.33712, "lat": 39.92891},
            "beneficiaries": {"count": 1},
            "lines": [{"kind": "goods", "item": "quilt", "quantity": 3, "unit": "piece"}],
        }  # fmt: skip
        return RegisterNeed.model_validate(asked)
