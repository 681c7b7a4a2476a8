"""The nameko service: names and wiring only."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from services.stations import queries
from services.stations.handlers import Policy, build
from services.stations.storage import INDEXES, SCHEMAS
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault


class StationsSettings(ServiceSettings):
    """The policy of stations."""

    need_grace_minutes: int = Field(default=30, ge=1, le=7 * 24 * 60)
    """How long a need that falls back after its due time is given before it counts as unmet."""


def assemble(settings: StationsSettings) -> ServiceSpec:
    """Handlers and collections, as the settings say."""
    policy = Policy(reopened_grace=timedelta(minutes=settings.need_grace_minutes))
    handlers = build(Vault(settings.data_key), policy)
    return ServiceSpec(name="stations", handlers=handlers, indexes=INDEXES, schemas=SCHEMAS)


class StationsService:
    """Areas, stations and needs."""

    name = "stations"
    engine = Engine(StationsSettings, assemble)

    @messages
    def on_messages(self, deliveries: Any, timers: Any) -> None:
        """One batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc
    def areas(self, parent: str | None = None, after: str | None = None, limit: int = 100) -> dict[str, Any]:
        """See queries.areas."""
        return queries.areas(self.engine.database, parent, after, limit)

    @rpc
    def area(self, code: str) -> dict[str, Any] | None:
        """See queries.area."""
        return queries.area(self.engine.database, code)

    @rpc
    def known_areas(self, codes: list[str]) -> list[str]:
        """See queries.known_areas."""
        return queries.known_areas(self.engine.database, codes)

    @rpc
    def need(self, need_id: str) -> dict[str, Any] | None:
        """See queries.need."""
        return queries.need(self.engine.database, need_id)

    @rpc
    def need_text(self, need_ids: list[str], asked_by: str, why: str) -> dict[str, dict[str, Any]]:
        """See queries.need_text."""
        vault = Vault(self.engine.settings.data_key)
        return queries.need_text(
            self.engine.database, vault, need_ids, asked_by=asked_by, why=why, now=datetime.now(UTC)
        )
