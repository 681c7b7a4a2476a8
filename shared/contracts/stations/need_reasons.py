"""The reasons of changes to a need, as others may know them; the words about them are sealed."""

from typing import Literal

CancelReason = Literal[
    "unspecified", "no_longer_needed", "served_otherwise", "registered_twice", "resident_moved", "entered_wrongly",
]  # fmt: skip
"""The reason of a cancellation."""
CancelledFor = Literal[CancelReason, "duplicate"]
"""The reason of an end before the service; `duplicate` is that of a merge, which names the surviving need."""
UndoReason = Literal["wrong_amounts", "not_delivered", "another_need"]
"""Why a confirmation is undone: other amounts were delivered, nothing was, or another need was meant."""
ExtensionReason = Literal["delivery_delayed", "volunteers_found_later", "agreed_with_resident"]
"""Why a need is given more time."""
