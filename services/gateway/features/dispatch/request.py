"""Bodies of requests about dispatches."""

from pydantic import Field

from shared.contracts.messages import Instant, Message
from shared.contracts.volunteering.dispatch import MOST_MINUTES, HoursReason


class HoursIn(Message):
    """The time of a service as a second person states it, and the reason for stating it."""

    came_at: Instant | None = Field(default=None, description="The check-in where it is left out.")
    left_at: Instant = Field(description="Not before `came_at`, and not in the future.")
    reason_code: HoursReason


class AdjustmentIn(Message):
    """The minutes that count of a credited service, and the reason for adjusting them."""

    minutes: int = Field(ge=0, le=MOST_MINUTES, description="No more than the slot and the city's grace after it.")
    reason_code: HoursReason
