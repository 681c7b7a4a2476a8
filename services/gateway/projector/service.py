"""The projector as a nameko service: names and wiring only."""

from typing import Any

from services.gateway.declaration import DECLARATION, PROJECTIONS
from services.gateway.settings import GatewaySettings
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec


def assemble(settings: GatewaySettings) -> ServiceSpec:
    """Return the projector for the engine."""
    return DECLARATION.spec(settings, projections=PROJECTIONS)


class GatewayProjector:
    """Projects every event into the feed and the views."""

    name = "gateway"
    engine = Engine(GatewaySettings, assemble)

    @messages
    def on_messages(self, deliveries: Any, timers: Any) -> None:
        """Process one batch of events."""
        self.engine.process(deliveries, timers)
