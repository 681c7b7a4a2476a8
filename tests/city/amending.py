"""The corrections of needs as they are drawn: drafts are edited."""

from random import Random
from typing import Any, Final

from shared.contracts.stations.amending import EditNeed
from tests.city.lines import draw_line
from tests.city.places import place
from tests.city.services import PERSONAL

CORRECTABLE: Final = ("draft",)


def draw_amendment(chance: Random, need: dict[str, Any]) -> EditNeed:
    """Return the correction of a need, as the gateway shows it."""
    changes: dict[str, Any] = {"title": f"{PERSONAL} title"}
    if chance.random() < 0.5:
        changes["lines"] = [draw_line(chance) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.5:
        changes |= {"location": place(chance), "severity": chance.randint(1, 5)}
    return EditNeed.model_validate({"need_id": need["_id"], **changes})
