"""The nameko service: names and wiring only."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from services.volunteering import queries
from services.volunteering.domain.policy import Policy
from services.volunteering.handlers import build
from services.volunteering.storage import INDEXES, SCHEMAS
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.engine.store.replicas import Share
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings
from shared.runtime.vault import Vault


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone of the IANA register, like Asia/Shanghai") from None
    return name


class VolunteeringSettings(ServiceSettings):
    """The policy of volunteering."""

    offer_seconds: int = Field(default=1800, ge=1, le=7 * 24 * 3600)
    """How long an offer stands."""
    wave_factor: int = Field(default=2, ge=1, le=10)
    """Offers that go out for each person still missing."""
    max_open_offers: int = Field(default=5, ge=1, le=50)
    """Unanswered offers that one volunteer gets at most."""
    check_in_early_minutes: int = Field(default=60, ge=0, le=24 * 60)
    """How long before the slot one may check in."""
    entry_cap_minutes: int = Field(default=480, ge=1, le=24 * 60)
    """The most that one dispatch credits."""
    begun_minutes_count: bool = True
    """Whether a begun minute counts as a whole one."""
    recheck_seconds: int = Field(default=300, ge=1, le=24 * 3600)
    """How often a waiting need is looked at again, at first."""
    city_time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    """The time that volunteers give their availability in."""


def assemble(settings: VolunteeringSettings) -> ServiceSpec:
    """Handlers and collections, as the settings say."""
    policy = Policy(
        offer=timedelta(seconds=settings.offer_seconds),
        wave_factor=settings.wave_factor,
        max_open_offers=settings.max_open_offers,
        check_in_early=timedelta(minutes=settings.check_in_early_minutes),
        entry_cap_minutes=settings.entry_cap_minutes,
        begun_minutes_count=settings.begun_minutes_count,
        recheck=timedelta(seconds=settings.recheck_seconds),
        zone=ZoneInfo(settings.city_time_zone),
    )
    share = Share()
    return ServiceSpec(
        name="volunteering",
        handlers=build(Vault(settings.data_key), policy, share),
        indexes=INDEXES,
        schemas=SCHEMAS,
        censuses=queries.CENSUSES,
        share=share,
    )


class VolunteeringService:
    """Volunteers, matching, dispatch, time bank."""

    name = "volunteering"
    engine = Engine(VolunteeringSettings, assemble)

    @messages
    def on_messages(self, deliveries: Any, timers: Any) -> None:
        """One batch of events, commands and due timers."""
        self.engine.process(deliveries, timers)

    @rpc
    def volunteer(self, volunteer_id: str, asked_by: str, why: str) -> dict[str, Any] | None:
        """See queries.volunteer."""
        vault = Vault(self.engine.settings.data_key)
        return queries.volunteer(
            self.engine.database, vault, volunteer_id, asked_by=asked_by, why=why, now=datetime.now(UTC)
        )

    @rpc
    def dispatch(self, dispatch_id: str) -> dict[str, Any] | None:
        """See queries.dispatch."""
        return queries.dispatch(self.engine.database, dispatch_id)

    @rpc
    def staffing(self, need_id: str) -> dict[str, Any] | None:
        """See queries.staffing."""
        return queries.staffing(self.engine.database, need_id)

    @rpc
    def statement(self, volunteer_id: str, after: str | None = None, limit: int = 100) -> dict[str, Any]:
        """See queries.statement."""
        return queries.statement(self.engine.database, volunteer_id, after, limit)
