"""The nameko service: names and wiring only."""

from collections.abc import Sequence

from pydantic import JsonValue

from services.stations.areas import queries as area_queries
from services.stations.declaration import DECLARATION
from services.stations.needs import queries as need_queries
from services.stations.needs.policy import NeedsPolicy
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault


class StationsSettings(ServiceSettings, NeedsPolicy):
    """The settings of every service, and the policy of needs."""


def assemble(settings: StationsSettings) -> ServiceSpec:
    """Return the service with its dependencies bound."""
    return DECLARATION.spec(settings, vault=Vault(settings.data_key))


class StationsService:
    """Areas, stations and needs. Its RPC methods answer JSON."""

    name = "stations"
    engine = Engine(StationsSettings, assemble)

    @messages
    def on_messages(self, deliveries: Sequence[Delivery], timers: Sequence[Document]) -> None:
        """Process one batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc
    def areas(self, parent: str | None = None, after: str | None = None, limit: int = 100) -> JsonValue:
        """See list_areas."""
        return area_queries.list_areas(self.engine.database, parent, after, limit).model_dump(mode="json")

    @rpc
    def area(self, code: str) -> JsonValue:
        """See find_area; null for an unknown one."""
        found = area_queries.find_area(self.engine.database, code)
        return None if found is None else found.model_dump(mode="json")

    @rpc
    def known_areas(self, codes: list[str]) -> list[str]:
        """See find_known_areas."""
        return area_queries.find_known_areas(self.engine.database, codes)

    @rpc
    def need(self, need_id: str) -> JsonValue:
        """See find_need; null for an unknown one."""
        found = need_queries.find_need(self.engine.database, need_id)
        return None if found is None else found.model_dump(mode="json")

    @rpc
    def need_text(self, need_ids: list[str], asked_by: str, why: str) -> JsonValue:
        """See read_need_texts."""
        vault = Vault(self.engine.settings.data_key)
        found = need_queries.read_need_texts(
            self.engine.database, vault, need_ids, asked_by=asked_by, why=why, now=self.engine.clock.city()
        )
        return {need_id: words.model_dump(mode="json") for need_id, words in found.items()}
