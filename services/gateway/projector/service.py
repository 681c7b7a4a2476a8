"""The projector as a nameko service: names and wiring only."""

from typing import Any

from services.gateway.projection.census import CENSUSES
from services.gateway.projection.handlers import build
from services.gateway.settings import GatewaySettings
from services.gateway.storage import INDEXES, SCHEMAS
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec


def assemble(_: GatewaySettings) -> ServiceSpec:
    """The projector for the engine."""
    return ServiceSpec(name="gateway", handlers=build(), indexes=INDEXES, schemas=SCHEMAS, censuses=CENSUSES)


class GatewayProjector:
    """Hears every event."""

    name = "gateway"
    engine = Engine(GatewaySettings, assemble)

    @messages
    def on_messages(self, deliveries: Any, timers: Any) -> None:
        """One batch of events."""
        self.engine.process(deliveries, timers)
