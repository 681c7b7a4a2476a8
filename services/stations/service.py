"""The nameko service: names and wiring only."""

from collections.abc import Sequence

from services.stations.breaches.handlers import BREACHES
from services.stations.calendars.handlers import CALENDARS
from services.stations.declaration import DECLARATION
from services.stations.erasures.copying import JournalCopy
from services.stations.erasures.handlers import ERASURES
from services.stations.households.retention import EndedResidents
from services.stations.jobs import JOBS
from services.stations.needs.retention import OldNeedTexts
from services.stations.needs.untimed import find_untimed_needs
from services.stations.network.handlers import STATIONS
from services.stations.organisations.handlers import ORGANISATIONS
from services.stations.plans.plain_plans import PLANS
from services.stations.posts.handlers import POSTS
from services.stations.referrals.handlers import HANDOVERS, REFERRALS
from services.stations.screening.alerts import ALERTS
from services.stations.screening.domain.alert import OPEN_STATES
from services.stations.screening.retention import OldResults
from services.stations.screening.screenings import SCREENINGS
from services.stations.settings import StationsSettings
from services.stations.supervision.handlers import FINDINGS
from services.stations.trainings.handlers import TRAININGS
from services.stations.workers.handlers import WORKERS
from shared.contracts.stations.catalogue import FindEntries
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.people.retention import OldAudit, retention_by
from shared.runtime.rpc import rpc
from shared.runtime.vault import open_vault


def assemble(settings: StationsSettings) -> ServiceSpec:
    """Return the service with its dependencies bound."""
    untimed = (
        find_untimed_needs(),
        ORGANISATIONS.find_untimed(lambda state: state == "suspended"),
        BREACHES.find_untimed(lambda state: state != "closed"),
        CALENDARS.find_untimed(lambda state: state == "in_force"),
        STATIONS.find_untimed(lambda state: state in {"planned", "pilot"}),
        PLANS.find_untimed(lambda state: state in {"active", "paused"}),
        REFERRALS.find_untimed(lambda state: state == "answered"),
        HANDOVERS.find_untimed(lambda state: state == "accepted"),
        SCREENINGS.find_untimed(lambda state: state in {"planned", "running"}),
        ALERTS.find_untimed(lambda state: state in OPEN_STATES),
        FINDINGS.find_untimed(lambda state: state in {"open", "corrected"}),
        POSTS.find_untimed(lambda state: state == "vacant"),
        TRAININGS.find_untimed(lambda state: state == "planned"),
        WORKERS.find_untimed(lambda state: state in {"employed", "on_leave"}),
        ERASURES.find_untimed(lambda state: state != "done"),
        JOBS.find_untimed(),
    )
    texts, residents = OldNeedTexts(settings.need_text_days), EndedResidents(settings.ended_resident_days)
    results = OldResults(settings.screening_result_days)
    keep = retention_by(texts, residents, results, OldAudit(settings.audit_days), *untimed)
    return DECLARATION.spec(settings, vault=open_vault(settings, "stations"), companions=[JournalCopy, keep])


class StationsService:
    """Areas, stations and needs."""

    name = "stations"
    engine = Engine(StationsSettings, assemble)

    @messages
    def on_messages(self, deliveries: Sequence[Delivery], timers: Sequence[Document]) -> None:
        """Process one batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc
    def ask(self, query: Document) -> Document:
        """Answer one query of any kind: the capabilities declare them."""
        reply: Document = self.engine.answer(query)
        return reply

    @rpc
    def find_entries(self, query: Document) -> Document:
        """Answer FindEntries alone: the other services have the right to ask no more."""
        reply: Document = self.engine.answer({**query, "type": FindEntries.type})
        return reply
