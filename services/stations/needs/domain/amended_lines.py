"""The lines of an amended need: other quantities, lines dropped and added. A line keeps its id while it is there."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from services.stations.needs.domain.intake import to_line
from services.stations.needs.domain.need import Need
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import MOST_BASE_UNITS
from shared.contracts.need_parts import Line
from shared.contracts.refusals import Refused
from shared.contracts.stations.amending import NeedAmendment

MOST_LINES: Final = 20
"""The most lines of a need, as for its registration."""


class Lines(NamedTuple):
    """The lines with the committed and fulfilled amounts of each, up to the amount still requested."""

    lines: tuple[Line, ...]
    committed: tuple[int, ...]
    fulfilled: tuple[int, ...]
    lines_made: int


def amend_lines(need: Need, asked: NeedAmendment, catalogue: Catalogue) -> Lines:
    """Return the need's lines after the amendment, new ones last and under new ids.

    Raises Refused: "invalid" for a line that the need does not have or that is named twice, one below its delivered
    amount, more than 20 lines, and for a new line as a registration does; "wrong_state" for one that is
    dropped although the need was confirmed before.
    """
    quantities, dropped = _name_lines(need, asked)
    amounts = zip(need.lines, need.committed, need.fulfilled, strict=True)
    kept = [_amend(*parts, quantities.get(parts[0].id)) for parts in amounts if parts[0].id not in dropped]
    made = max((need.lines_made, *(int(line.id[1:]) for line in need.lines)))
    new = [
        to_line(nth, line, catalogue, "new_lines").model_copy(update={"id": f"l{made + nth + 1}"})
        for nth, line in enumerate(asked.new_lines)
    ]
    if len(kept) + len(new) > MOST_LINES:
        raise Refused("invalid", "too_many_lines", field="new_lines", most=MOST_LINES)
    nothing = (0,) * len(new)
    return Lines(
        (*(line for line, _, _ in kept), *new),
        (*(committed for _, committed, _ in kept), *nothing),
        (*(fulfilled for _, _, fulfilled in kept), *nothing),
        made if dropped else need.lines_made,
    )


class _Quantity(NamedTuple):
    """The quantity of a line from now on, and the path of the field that states it."""

    quantity: int
    field: str


def _name_lines(need: Need, asked: NeedAmendment) -> tuple[dict[str, _Quantity], set[str]]:
    """Return the quantities by line and the dropped lines."""
    delivered = {line.id: amount for line, amount in zip(need.lines, need.fulfilled, strict=True)}
    named: set[str] = set()
    quantities: dict[str, _Quantity] = {}
    for nth, line in enumerate(asked.lines):
        _require_once(line.line_id, delivered, named, f"lines.{nth}.line_id")
        quantities[line.line_id] = _Quantity(line.quantity, f"lines.{nth}.quantity")
    for nth, line_id in enumerate(asked.dropped_lines):
        field = f"dropped_lines.{nth}"
        _require_once(line_id, delivered, named, field)
        if need.undone_for is not None:
            # Its books name the lines of its first delivery by their order.
            raise Refused("wrong_state", "confirmed_before", field=field)
        if delivered[line_id]:
            raise Refused("invalid", "line_below_delivered", field=field, line=line_id, delivered=delivered[line_id])
    return quantities, {*asked.dropped_lines}


def _require_once(line_id: str, known: Mapping[str, int], named: set[str], field: str) -> None:
    if line_id not in known:
        raise Refused("invalid", "line_unknown", field=field, line=line_id)
    if line_id in named:
        raise Refused("invalid", "line_named_twice", field=field, line=line_id)
    named.add(line_id)


def _amend(line: Line, committed: int, fulfilled: int, asked: _Quantity | None) -> tuple[Line, int, int]:
    """Return the line with its amounts and its new quantity."""
    if asked is None:
        return line, committed, fulfilled
    # The factor of a unit is a whole number, and stays.
    requested = asked.quantity * (line.requested // (line.quantity or line.requested))
    if requested > MOST_BASE_UNITS:
        raise Refused("invalid", "quantity_too_large", field=asked.field, most=MOST_BASE_UNITS)
    if requested < fulfilled:
        raise Refused("invalid", "line_below_delivered", field=asked.field, line=line.id, delivered=fulfilled)
    changes = {
        "requested": requested,
        "quantity": None if line.quantity is None else asked.quantity,
        # Of less than was useful before, all is.
        "min_useful": min(line.min_useful, requested),
    }
    return line.model_copy(update=changes), min(committed, requested), fulfilled
