"""A need that was referred, and has ended or gone to another station: the referrals that nobody has accepted end."""

from typing import ClassVar

from services.stations.needs.domain.need import Need
from shared.contracts.messages import Timer
from shared.contracts.stations.needs import ENDED


class ReferredNeedGone(Timer):
    """A need that was referred has ended, or another station has accepted it; referrals, which stand above needs,
    revoke those that nobody has accepted.
    """

    type: ClassVar[str] = "stations.referred_need_gone"
    need_id: str


def referred(need: Need) -> Need:
    """Return the need as one that was referred, or about whose referral somebody was asked."""
    return need if need.referred else need.model_copy(update={"referred": True})


def has_ended_referred(need: Need) -> bool:
    """Return whether the need has ended, and was referred before."""
    return need.referred and need.state in ENDED
