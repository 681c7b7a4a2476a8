"""The nameko service: names and wiring only."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from services.charity.handlers import Policy, build
from services.charity.linking import queries
from services.charity.stock.storage import INDEXES, SCHEMAS
from shared.contracts import Refused
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault


class CharitySettings(ServiceSettings):
    """The policy of charity."""

    recheck_minutes: int = Field(default=5, ge=1, le=24 * 60)
    """How often the waiting list is looked at although nothing is known to have arrived."""


def assemble(settings: CharitySettings) -> ServiceSpec:
    """Handlers and collections, as the settings say."""
    policy = Policy(recheck=timedelta(minutes=settings.recheck_minutes))
    handlers = build(Vault(settings.data_key), policy)
    return ServiceSpec(name="charity", handlers=handlers, indexes=INDEXES, schemas=SCHEMAS, censuses=queries.CENSUSES)


class CharityService:
    """Donors, donations, funds, stock and links."""

    name = "charity"
    engine = Engine(CharitySettings, assemble)

    @messages
    def on_messages(self, deliveries: Any, timers: Any) -> None:
        """One batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc(expected_exceptions=Refused)
    def donor(self, donor_id: str, asked_by: str, why: str) -> dict[str, Any] | None:
        """See queries.donor."""
        vault = Vault(self.engine.settings.data_key)
        return queries.donor(self.engine.database, vault, donor_id, asked_by=asked_by, why=why, now=datetime.now(UTC))

    @rpc
    def donation(self, donation_id: str) -> dict[str, Any] | None:
        """See queries.donation."""
        return queries.donation(self.engine.database, donation_id)

    @rpc
    def fund(self, fund_id: str) -> dict[str, Any] | None:
        """See queries.fund."""
        return queries.fund(self.engine.database, fund_id)

    @rpc
    def link(self, need_id: str) -> dict[str, Any] | None:
        """See queries.link."""
        return queries.link(self.engine.database, need_id)

    @rpc(expected_exceptions=Refused)
    def statement(self, account_id: str, after: str | None = None, limit: int = 100) -> dict[str, Any] | None:
        """See queries.statement."""
        return queries.statement(self.engine.database, account_id, after, limit)

    @rpc(expected_exceptions=Refused)
    def waiting(self, area: str, limit: int = 100) -> dict[str, Any]:
        """See queries.waiting."""
        return queries.waiting(self.engine.database, area, limit)
