"""What may be seen of a dead letter, and how one is edited before it is sent back."""

from typing import Final

from shared.contracts import charity, stations, volunteering

SPEAKERS: Final = (charity, stations, volunteering)
"""To import them is to know every event and command by its type."""
