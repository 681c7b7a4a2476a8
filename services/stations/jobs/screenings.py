"""Results of a screening as the rows of a file: one value a row, recorded as if it were entered by hand.

A second import changes nothing: a value that is recorded already is known, and another one is a bad row.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final, cast

from services.stations.jobs.measurements import ScreeningRow, find_screened
from services.stations.jobs.people import read_word
from shared.contracts.stations.results import RecordResults
from shared.jobs.kinds import ImportOf, Outcomes, Reading
from shared.tables.cells import read_code
from shared.tables.headers import Column
from shared.tables.problems import CellProblem
from shared.tables.rows import Cell
from shared.tables.values import read_moment

SEXES: Final = {"男": "male", "男性": "male", "女": "female", "女性": "female"}
MOST: Final = 100
"""Results of one transaction: each may begin an alert and a need."""
LAST_OF_DAY: Final = time(23, 59, 59)
"""The time of a day without one."""


def read_sex(cell: Cell) -> str:
    """Return the code of the sex."""
    return read_word(cell, SEXES)


def build_row(values: Mapping[str, Any], reading: Reading) -> Mapping[str, Any]:
    """Return the fields of a row, its time in the city's zone. Raises CellProblem for a row that names nobody."""
    if not any(name in values or name in reading.unread for name in ("resident_id", "identity_number")):
        raise CellProblem("resident_not_named")
    moment = values.get("measured_at")
    if moment is None:
        return values
    alone = isinstance(moment, date) and not isinstance(moment, datetime)
    whole = datetime.combine(moment, LAST_OF_DAY) if alone else moment
    zoned = whole if whole.tzinfo is not None else whole.replace(tzinfo=reading.zone)
    return {**values, "measured_at": zoned, "day_alone": alone}


SCREENINGS: Final = ImportOf(
    "screenings",
    RecordResults.permission,
    ScreeningRow,
    columns=(
        Column("screening_id", ("筛查编号", "screening"), read_code, required=True),
        Column("resident_id", ("居民编号", "resident number", "resident"), read_code),
        Column("identity_number", ("身份证号", "公民身份号码", "identity number"), read_code),
        Column("sex", ("性别", "sex"), read_sex),
        Column("indicator", ("指标", "筛查指标", "检测项目", "indicator"), required=True),
        Column("results", ("结果", "检测结果", "筛查结果", "测量值", "result", "value"), required=True),
        Column("unit", ("单位", "unit")),
        Column("measured_at", ("测量时间", "检测时间", "检测日期", "measured at"), read_moment),
    ),
    most=MOST,
    area=lambda _: None,  # that of its resident, which the owner compares with the area of the import
    command=lambda rows: cast("RecordResults", rows[0]),  # `find_screened` has made it of the row
    outcome=lambda _, rows: Outcomes(taken=len(rows)),
    build=build_row,
    find=find_screened,
    key=("screening_id", "resident_id", "identity_number", "indicator"),
    alone=True,
)
