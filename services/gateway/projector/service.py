"""The projector as a nameko service: names and wiring only."""

from typing import Any

from pymongo.database import Database

from services.gateway.declaration import DECLARATION, FEATURES
from services.gateway.features.feed.sweeping import OldEvents
from services.gateway.following.companion import Follower
from services.gateway.settings import GatewaySettings
from shared.engine import Fence
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.people.retention import OldAudit, retention_by
from shared.runtime.clock import Clock


def assemble(settings: GatewaySettings) -> ServiceSpec:
    """Return the projector for the engine: the sequencer is its loop, the follower of the feed runs beside it."""
    fence = Fence()

    def follow(database: Database[Document], clock: Clock) -> Follower:
        return Follower(database, FEATURES, fence, clock)

    keep = retention_by(OldEvents(settings.feed_days), OldAudit(settings.audit_days))
    return DECLARATION.spec(settings, fence=fence, companions=[follow, keep])


class GatewayProjector:
    """Writes every event into the feed while it is the sequencer, and leads its part of the views along the feed."""

    name = "gateway"
    engine = Engine(GatewaySettings, assemble)

    @messages
    def on_messages(self, deliveries: Any, timers: Any) -> None:
        """Process one batch of events."""
        self.engine.process(deliveries, timers)
