"""The register of administrative areas: its import."""

from collections.abc import (
    Sequence,
)
from typing import (
    ClassVar,
    Final,
)

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    Answer,
    Command,
    EventData,
    Message,
    PublicName,
    Query,
    Scope,
    command,
    event,
    query,
)

MAX_CODE: Final = 64
"""Characters of a text that is asked about as if it were a code."""


@event
class AreasImported(EventData):
    """A part of a register was taken in."""

    type: ClassVar[str] = "stations.area.imported"
    count: int
    changed: int


class AreaRow(Message):
    """One area of a register."""

    code: AreaCode
    name: PublicName


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


class KnownAreasAnswer(Answer):
    """Those of the codes asked for that the register holds, in the order asked."""

    codes: tuple[AreaCode, ...]


@query
class ListAreas(Query[AreaPage]):
    """List the areas directly in `parent`, or the provinces, by code, at most 500 a page.

    `after` is the `next` of the page before.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ListAreas"
    parent: AreaCode | None = None
    after: AreaCode | None = None
    limit: int = Field(default=100, ge=1, le=500)


@query
class ReadArea(Query[AreaAnswer | None]):
    """Read one area with those around it."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadArea"
    code: str = Field(max_length=MAX_CODE)


@query
class FindKnownAreas(Query[KnownAreasAnswer]):
    """Find those of the codes that the register holds, at most 2,000 at once."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "FindKnownAreas"
    codes: tuple[AreaCode, ...] = Field(max_length=2000)
