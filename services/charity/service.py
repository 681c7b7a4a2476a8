"""The nameko service: settings and wiring only."""

from collections.abc import Sequence

from services.charity.declaration import DECLARATION
from services.charity.linking.policy import LinkingPolicy
from services.charity.payments.policy import PaymentsPolicy
from shared.catalogue.owner import RpcOwner
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.people.retention import OldAudit, retention_by
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import open_vault


class CharitySettings(ServiceSettings, LinkingPolicy, PaymentsPolicy):
    """The settings of every service, and the policies of linking and of payments."""


def assemble(settings: CharitySettings) -> ServiceSpec:
    """Return the service as the engine runs it, with these settings."""
    return DECLARATION.spec(
        settings,
        vault=open_vault(settings, "charity"),
        catalogue_owner=RpcOwner(settings.amqp_uri, "charity"),
        companions=[retention_by(OldAudit(settings.audit_days))],
    )


class CharityService:
    """Donors, donations, funds, stock and links."""

    name = "charity"
    engine = Engine(CharitySettings, assemble)

    @messages
    def on_messages(self, deliveries: Sequence[Delivery], timers: Sequence[Document]) -> None:
        """Process one batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc
    def ask(self, query: Document) -> Document:
        """Answer one query of any kind: the capabilities declare them."""
        reply: Document = self.engine.answer(query)
        return reply
