"""The corrections of needs as they are drawn: drafts are edited, published needs amended."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from shared.contracts.messages import Command
from shared.contracts.stations.amending import AmendNeed, EditNeed
from tests.city.lines import draw_line
from tests.city.places import place
from tests.city.services import PERSONAL

CORRECTABLE: Final = ("draft", "published", "ready")
View = dict[str, Any]


def draw_amendment(chance: Random, need: View, stations: Sequence[str], now: datetime) -> Command:
    """Return the correction of a need, as the gateway shows it, of which `stations` are those of its city."""
    return _edit(chance, need) if need["state"] == "draft" else _amend(chance, need, stations, now)


def _edit(chance: Random, need: View) -> EditNeed:
    changes: View = {"title": f"{PERSONAL} title"}
    if chance.random() < 0.5:
        changes["lines"] = [draw_line(chance) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.5:
        changes |= {"location": place(chance), "severity": chance.randint(1, 5)}
    return EditNeed.model_validate({"need_id": need["_id"], **changes})


def _amend(chance: Random, need: View, stations: Sequence[str], now: datetime) -> AmendNeed:
    asked = need["need"]
    parts: View = {"reason_code": "entered_wrongly", "note": PERSONAL, "title": f"{PERSONAL} title"}
    lines = [line["id"] for line in asked["lines"]]
    if lines and chance.random() < 0.5:
        named = chance.sample(lines, chance.randint(1, len(lines)))
        parts["lines"] = [{"line_id": line, "quantity": chance.randint(1, 12)} for line in named]
    elif lines and chance.random() < 0.3:
        parts |= {"dropped_lines": [chance.choice(lines)], "new_lines": [draw_line(chance)]}
    if asked["volunteers"] is not None and chance.random() < 0.5:
        parts["headcount"] = max(1, asked["volunteers"]["headcount"] + chance.randint(-3, 2))
    elif asked["volunteers"] is not None and chance.random() < 0.5:
        begins = now + timedelta(minutes=chance.randint(20, 120))
        parts["slot"] = {"starts_at": begins, "ends_at": begins + timedelta(minutes=60)}
        parts["due"] = max(begins + timedelta(minutes=90), datetime.fromisoformat(asked["due"]))
    if chance.random() < 0.3:
        parts["location"] = place(chance)
    if stations and chance.random() < 0.3:
        parts["station_id"] = chance.choice(stations)
    return AmendNeed.model_validate({"need_id": need["_id"], **parts})
