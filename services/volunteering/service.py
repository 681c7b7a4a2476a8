"""The nameko service: settings and wiring only."""

from collections.abc import Sequence

from pydantic import BaseModel

from services.volunteering.declaration import DECLARATION
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.dispatch.queries import read_dispatch, read_staffing
from services.volunteering.matching.policy import MatchingPolicy
from services.volunteering.people.queries import read_volunteer
from services.volunteering.timebank.policy import TimebankPolicy
from services.volunteering.timebank.queries import read_statement
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.engine.store.replicas import Share
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault


class VolunteeringSettings(ServiceSettings, DispatchPolicy, TimebankPolicy, MatchingPolicy):
    """The settings of every service, and the policies of dispatch, the time bank and matching."""


def assemble(settings: VolunteeringSettings) -> ServiceSpec:
    """Return the service with its dependencies, as the settings have them."""
    return DECLARATION.spec(settings, share=Share(), vault=Vault(settings.data_key))


class VolunteeringService:
    """People, dispatch, the time bank and matching."""

    name = "volunteering"
    engine = Engine(VolunteeringSettings, assemble)

    @messages
    def on_messages(self, deliveries: Sequence[Delivery], timers: Sequence[Document]) -> None:
        """Handle one batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc
    def volunteer(self, volunteer_id: str, asked_by: str, why: str) -> Document | None:
        """Answer `people.queries.read_volunteer`, as JSON."""
        vault = Vault(self.engine.settings.data_key)
        now = self.engine.clock.city()
        return _json(read_volunteer(self.engine.database, vault, volunteer_id, asked_by=asked_by, why=why, now=now))

    @rpc
    def dispatch(self, dispatch_id: str) -> Document | None:
        """Answer `dispatch.queries.read_dispatch`, as JSON."""
        return _json(read_dispatch(self.engine.database, dispatch_id))

    @rpc
    def staffing(self, need_id: str) -> Document | None:
        """Answer `dispatch.queries.read_staffing`, as JSON."""
        return _json(read_staffing(self.engine.database, need_id))

    @rpc
    def statement(self, volunteer_id: str, after: str | None = None, limit: int = 100) -> Document | None:
        """Answer `timebank.queries.read_statement`, as JSON."""
        return _json(read_statement(self.engine.database, volunteer_id, after, limit))


def _json(answer: BaseModel | None) -> Document | None:
    return None if answer is None else answer.model_dump(mode="json")
