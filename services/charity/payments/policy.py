"""The rule of payments that a city may decide."""

from pydantic import Field

from shared.contracts.need_parts import MOST_FEN
from shared.engine import Policy


class PaymentsPolicy(Policy):
    """The limit of payments."""

    payment_limit_fen: int = Field(default=500_000, ge=0, le=MOST_FEN)
    """Fen of one need up to which one officer pays alone. Above it another person approves each payment for it."""
