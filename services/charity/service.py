"""The nameko service: settings and wiring only."""

from collections.abc import Sequence

from services.charity.declaration import DECLARATION
from services.charity.donations.queries import read_donation
from services.charity.donors.queries import read_donor
from services.charity.funds.queries import read_fund
from services.charity.linking.policy import LinkingPolicy
from services.charity.linking.queries import list_waiting, read_link
from services.charity.stock.queries import read_statement
from shared.contracts import Refused
from shared.contracts.messages import Answer
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault


class CharitySettings(ServiceSettings, LinkingPolicy):
    """The settings of every service, and the policy of linking."""


def assemble(settings: CharitySettings) -> ServiceSpec:
    """Return the service as the engine runs it, with these settings."""
    return DECLARATION.spec(settings, vault=Vault(settings.data_key))


class CharityService:
    """Donors, donations, funds, stock and links."""

    name = "charity"
    engine = Engine(CharitySettings, assemble)

    @messages
    def on_messages(self, deliveries: Sequence[Delivery], timers: Sequence[Document]) -> None:
        """Process one batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc(expected_exceptions=Refused)
    def donor(self, donor_id: str, asked_by: str, why: str) -> Document | None:
        """Answer DonorDetailsAnswer, see read_donor; audited."""
        vault = Vault(self.engine.settings.data_key)
        found = read_donor(
            self.engine.database, vault, donor_id, asked_by=asked_by, why=why, now=self.engine.clock.city()
        )
        return _as_json(found)

    @rpc
    def donation(self, donation_id: str) -> Document | None:
        """Answer DonationAnswer, see read_donation."""
        return _as_json(read_donation(self.engine.database, donation_id))

    @rpc
    def fund(self, fund_id: str) -> Document | None:
        """Answer FundAnswer, see read_fund."""
        return _as_json(read_fund(self.engine.database, fund_id))

    @rpc
    def link(self, need_id: str) -> Document | None:
        """Answer LinkAnswer, see read_link."""
        return _as_json(read_link(self.engine.database, need_id))

    @rpc(expected_exceptions=Refused)
    def statement(self, account_id: str, after: str | None = None, limit: int = 100) -> Document | None:
        """Answer StatementAnswer, see read_statement."""
        return _as_json(read_statement(self.engine.database, account_id, after, limit))

    @rpc(expected_exceptions=Refused)
    def waiting(self, area: str, limit: int = 100) -> Document | None:
        """Answer WaitingListAnswer, see list_waiting."""
        return _as_json(list_waiting(self.engine.database, area, limit))


def _as_json(answer: Answer | None) -> Document | None:
    return None if answer is None else answer.model_dump(mode="json")
