"""The register of administrative areas: its import."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import Answer, Command, EventData, Message, Name, Scope, command, event


@event
class AreasImported(EventData):
    """A part of a register was taken in."""

    type: ClassVar[str] = "stations.area.imported"
    count: int
    changed: int


class AreaRow(Message):
    """One area of a register."""

    code: AreaCode
    name: Name


@command
class ImportAreas(Command):
    """Take in a part of a register; the same row twice changes nothing. Answers {count, changed}."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ImportAreas"
    permission: ClassVar[Permission] = "areas:import"
    scope: ClassVar[Scope] = Scope(named=("rows.code",))
    rows: tuple[AreaRow, ...] = Field(min_length=1, max_length=2000)

    def areas_named(self) -> Sequence[str]:
        """Return the codes of the rows."""
        return [row.code for row in self.rows]


class ImportAnswer(Answer):
    """The rows of an import: `count` in all, `changed` new or renamed."""

    count: int
    changed: int


class AreaName(Answer):
    """An area of the register. `name` is empty while only areas inside it were imported."""

    code: AreaCode
    name: str
    level: str


class AreaAnswer(AreaName):
    """An area with those around it, nearest first."""

    within: tuple[AreaName, ...] = ()


class AreaPage(Answer):
    """A page of areas by code; `next` is the cursor of the next page, None on the last one."""

    items: tuple[AreaName, ...]
    next: str | None = None
