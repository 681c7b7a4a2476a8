"""The register of administrative areas, and what an import changes in it."""

from collections.abc import Collection, Iterable
from typing import ClassVar

from shared.contracts.areas import ancestors
from shared.contracts.refusals import Refused
from shared.contracts.stations.areas import AreaRow
from shared.contracts.stations.network import Level
from shared.engine import Entity

_DIGITS = {"station": 12, "centre": 9}
_PLACES = {"station": "community (12 digits)", "centre": "street (9 digits)"}


class Area(Entity):
    """A known area; its id is its code.

    `name` is empty where only areas inside it were imported so far. `parent` is the code of the area around
    it, empty for a province.
    """

    collection: ClassVar[str] = "areas"
    name: str = ""
    parent: str = ""


def parent_of(code: str) -> str:
    """The code of the area around `code`; empty for a province."""
    around = ancestors(code)[1:]
    return around[0] if around else ""


def named_areas(rows: Iterable[AreaRow]) -> dict[str, str]:
    """Code → name of the rows and, with an empty name, of every area around them.

    A code that comes twice keeps its last name.
    """
    named = {row.code: row.name for row in rows}
    parents = {parent_of(code) for code in named}
    for parent in parents:
        for code in ancestors(parent):
            named.setdefault(code, "")
    return named


def imported(code: str, name: str, known: Area | None) -> Area | None:
    """The area as it shall be stored, or None where the import changes nothing.

    An empty name makes the area known and never overwrites a name.
    """
    if known is None:
        return Area(id=code, name=name, parent=parent_of(code))
    if not name or known.name == name:
        return None
    return known.model_copy(update={"name": name})


def common_area(codes: Collection[str]) -> str:
    """The smallest area that holds all of `codes`, of which there is one at least; empty across provinces."""
    first, last = min(codes), max(codes)
    return next((around for around in ancestors(first) if last.startswith(around)), "")


def check_place(level: Level, code: str, known: Area | None) -> None:
    """A station stands in a community, a street centre in a street, and both in the register.

    Raises Refused("invalid") naming the field `area`.
    """
    if len(code) != _DIGITS[level]:
        raise Refused(
            "invalid",
            f"A {level} stands in a {_PLACES[level]}; {code} has {len(code)} digits: give the right code.",
            field="area",
            rule=f"{_DIGITS[level]}-digit area for level {level}",
        )
    if known is None:
        raise Refused(
            "invalid",
            f"Area {code} is not in the register: check the code or import the register of its city first.",
            field="area",
            rule="known area",
        )
