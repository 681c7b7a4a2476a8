"""The nameko service: settings and wiring only."""

from collections.abc import Sequence

from services.volunteering.declaration import DECLARATION
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.notices.policy import NoticePolicy
from services.volunteering.people.policy import PeoplePolicy
from services.volunteering.people.retention import EndedInactivities, InactiveVolunteers
from services.volunteering.timebank.policy import TimebankPolicy
from shared.catalogue.owner import RpcOwner
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.engine.store.replicas import Share
from shared.people.retention import OldAudit, retention_by
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import open_vault


class VolunteeringSettings(ServiceSettings, DispatchPolicy, TimebankPolicy, MatchingPolicy, PeoplePolicy, NoticePolicy):
    """The settings of every service, and the policies of dispatch, the time bank, matching, people and notices."""


def assemble(settings: VolunteeringSettings) -> ServiceSpec:
    """Return the service with its dependencies, as the settings have them."""
    days = settings.inactive_volunteer_days
    keep = retention_by(InactiveVolunteers(days), EndedInactivities(days), OldAudit(settings.audit_days))
    return DECLARATION.spec(
        settings,
        share=Share(),
        vault=open_vault(settings, "volunteering"),
        catalogue_owner=RpcOwner(settings.amqp_uri, "volunteering"),
        companions=[keep],
    )


class VolunteeringService:
    """People, dispatch, the time bank and matching."""

    name = "volunteering"
    engine = Engine(VolunteeringSettings, assemble)

    @messages
    def on_messages(self, deliveries: Sequence[Delivery], timers: Sequence[Document]) -> None:
        """Handle one batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc
    def ask(self, query: Document) -> Document:
        """Answer one query of any kind: the capabilities declare them."""
        reply: Document = self.engine.answer(query)
        return reply
