"""The kinds of rows that stations import: one declared table each."""

from collections.abc import Sequence
from typing import Final

from services.stations.jobs.needs import NEEDS
from services.stations.jobs.residents import RESIDENTS
from services.stations.jobs.screenings import SCREENINGS
from services.stations.jobs.workers import WORKERS
from shared.contracts.stations.areas import AreaRow, ImportAnswer, ImportAreas
from shared.jobs.deciding import Kinds
from shared.jobs.kinds import ImportOf, Outcomes
from shared.tables.cells import read_code
from shared.tables.headers import Column


def _count_areas(answer: ImportAnswer, rows: Sequence[AreaRow]) -> Outcomes:
    return Outcomes(taken=answer.changed, unchanged=len(rows) - answer.changed)


AREAS: Final = ImportOf(
    "areas",
    ImportAreas.permission,
    AreaRow,
    columns=(
        Column("code", ("区划代码", "行政区划代码", "代码", "area code"), read_code, required=True),
        Column("name", ("名称", "区划名称", "area name"), required=True),
    ),
    most=2_000,
    area=lambda row: row.code,
    command=lambda rows: ImportAreas(rows=tuple(rows)),
    outcome=_count_areas,
    key=("code",),
    ignored=("areaCode", "cityCode", "provinceCode", "streetCode", "级别", "level"),
)
KINDS: Final[Kinds] = {kind.name: kind for kind in (AREAS, NEEDS, WORKERS, RESIDENTS, SCREENINGS)}
