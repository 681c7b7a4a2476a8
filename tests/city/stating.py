"""What stations state of deliveries, and take back, as it is drawn."""

from random import Random
from typing import Any, Final

from shared.contracts.stations.needs import ConfirmNeed, UndoConfirmation

STATABLE: Final = ("served", "ready", "published")
STATED: Final = ("confirmed", "partly_served", "evaluated")
View = dict[str, Any]


def draw_statement(chance: Random, need: View | None) -> ConfirmNeed | None:
    """Return the amounts that a station states of a need; None for a need without lines."""
    amounts = [] if need is None else need.get("link", {}).get("amounts", [])
    if need is None or not amounts:
        return None
    # Mostly less than is committed; sometimes a line is left out, which then got all of it.
    stated = [{"line_id": a["line_id"], "amount": chance.randint(0, a["committed"])} for a in amounts]
    return ConfirmNeed.model_validate({"need_id": need["_id"], "delivered": stated[chance.randrange(2) :]})


def take_back(need: View | None) -> UndoConfirmation | None:
    """Return the undoing of what was stated of the need."""
    return None if need is None else UndoConfirmation(need_id=need["_id"], reason_code="wrong_amounts")
