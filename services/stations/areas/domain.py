"""The register of administrative areas, and the changes that an import makes in it."""

from collections.abc import Collection, Iterable
from typing import ClassVar

from shared.contracts.areas import ancestors
from shared.contracts.refusals import Refused
from shared.contracts.stations.areas import AreaRow
from shared.engine import Entity, Get, Load, UnitOfWork


class Area(Entity):
    """A known area; its id is its code.

    `name` is empty while only areas inside it were imported. `parent` is the code of the area around it, empty for a
    province.
    """

    collection: ClassVar[str] = "areas"
    name: str = ""
    parent: str = ""


def parent_of(code: str) -> str:
    """Return the code of the area around `code`; empty for a province."""
    around = ancestors(code)[1:]
    return around[0] if around else ""


def collect_names(rows: Iterable[AreaRow]) -> dict[str, str]:
    """Return code → name of the rows and, with an empty name, of every area around them.

    A code that comes twice keeps its last name.
    """
    names = {row.code: row.name for row in rows}
    # Rows of one street share their parents: their ancestors are listed once.
    parents = {parent_of(code) for code in names}
    for parent in parents:
        for code in ancestors(parent):
            names.setdefault(code, "")
    return names


def imported(code: str, name: str, known: Area | None) -> Area | None:
    """Return the area to store, or None where the import changes nothing.

    An empty name makes the area known and never overwrites a name.
    """
    if known is None:
        return Area(id=code, name=name, parent=parent_of(code))
    if not name or known.name == name:
        return None
    return known.model_copy(update={"name": name})


def common_area(codes: Collection[str]) -> str:
    """Return the smallest area that holds all `codes`, of which there is at least one; empty across provinces."""
    # A prefix that the first and the last in order share is shared by all between them.
    first, last = min(codes), max(codes)
    return next((around for around in ancestors(first) if last.startswith(around)), "")


def load_areas(*codes: str) -> list[Load]:
    """Return the loads for `check_known`."""
    return [Get(Area, code) for code in codes]


def check_known(work: UnitOfWork, field: str, *codes: str) -> None:
    """Raise Refused("invalid", "unknown_area") naming the field where a code is not in the register."""
    for code in codes:
        if work.get(Area, code) is None:
            raise Refused("invalid", "unknown_area", field=field, area=code)
