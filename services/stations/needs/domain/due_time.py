"""Due time: the instant at which a published need that is neither ready nor in service ends as unmet."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.stations.needs.domain.need import Need, with_facts
from shared.contracts.messages import Timer
from shared.contracts.stations.needs import NeedState

DUE_TIME_OVER: Final[tuple[NeedState, ...]] = ("cancelled", "confirmed")
"""The states after which the due time can end the need no more: its timer is dropped."""


class NeedDue(Timer):
    """A deadline of a need has come: its due time, the end of the time to recover, or that of another next step."""

    type: ClassVar[str] = "stations.need_due"
    need_id: str


def key_of_timer(need_id: str) -> str:
    """Return the key of the need's one timer; setting it again replaces it."""
    return f"due:{need_id}"


def unmet(need: Need, now: datetime) -> Need:
    """Return the need ended as unmet; the need itself where it is ready, in service or ended already."""
    return with_facts(need, now, unmet_at=now) if need.state == "published" else need


def last_chance(need: Need, now: datetime, grace: timedelta) -> datetime | None:
    """Return the instant until which a need that falls back after its due time may recover; None before it is due."""
    # Its timer fired while it was ready: without a new one it would wait for ever.
    return now + grace if need.state == "published" and need.due <= now else None
