"""The end of a need that a screening has opened: its alerts are closed by it."""

from typing import ClassVar

from services.stations.needs.domain.need import Need
from shared.contracts.messages import Timer


class ScreenedNeedServed(Timer):
    """A need of the intake channel `screening` was served; screening, which stands above needs, closes its alerts."""

    type: ClassVar[str] = "stations.screened_need_served"
    need_id: str


def is_served_screening(need: Need) -> bool:
    """Return whether the need came from a screening and was served just now."""
    return need.channel == "screening" and need.state == "confirmed"
