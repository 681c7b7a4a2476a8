"""The lines that needs ask for, as they are drawn."""

from random import Random
from typing import Any, Final

from tests.city.services import PERSONAL

ITEMS: Final = (("quilt", "piece"), ("towel", "piece"), ("soap", "piece"))
SERVICES: Final = ("counselling", "legal_aid")


def draw_line(chance: Random) -> dict[str, Any]:
    """Return one line of a need as its station asks for it."""
    line = _draw_plain(chance)
    amount: int = line["quantity"] if "quantity" in line else line["amount_fen"]
    # Drawn from the line itself, so that the schedules of the seeds stay as they were.
    if amount % 5 == 3:
        return {**line, "divisible": False}
    return {**line, "min_useful": amount - 1} if amount % 5 == 4 else line


def _draw_plain(chance: Random) -> dict[str, Any]:
    kind = chance.randrange(4)
    if kind == 0:
        return {"kind": "money", "amount_fen": chance.randint(100, 20_000), "purpose": PERSONAL}
    if kind == 1:
        return {"kind": "service", "item": chance.choice(SERVICES), "quantity": chance.randint(1, 3)}
    item, unit = chance.choice(ITEMS)
    return {"kind": "goods", "item": item, "unit": unit, "quantity": chance.randint(1, 8)}
