"""Social workers as the rows of a file: one a row, known again by the number that the office has given."""

from typing import Final

from services.stations.jobs.people import MOST, read_word
from shared.contracts.stations.workers import RegisterWorker
from shared.jobs.kinds import ImportOf, Outcomes
from shared.tables.cells import read_code
from shared.tables.headers import Column
from shared.tables.rows import Cell
from shared.tables.values import read_day

LEVELS: Final = {
    "无": "none", "无证": "none", "助理社会工作师": "assistant", "助理社工师": "assistant", "初级": "assistant",
    "社会工作师": "social_worker", "社工师": "social_worker", "中级": "social_worker",
    "高级社会工作师": "senior", "高级社工师": "senior", "高级": "senior",
}  # fmt: skip


def read_level(cell: Cell) -> str:
    """Return the code of the level of a licence."""
    return read_word(cell, LEVELS)


WORKERS: Final = ImportOf(
    "workers",
    RegisterWorker.permission,
    RegisterWorker,
    columns=(
        Column("external_id", ("工号", "worker number"), read_code, required=True),
        Column("station_id", ("社工站编号", "station"), read_code, required=True),
        Column("name", ("姓名", "name"), required=True),
        Column("phone", ("电话", "手机", "联系电话", "phone"), read_code, required=True),
        Column("level", ("证书级别", "职业水平", "licence"), read_level),
        Column("certificate_number", ("证书编号", "登记证书编号", "certificate"), read_code),
        Column("registered_until", ("登记有效期至", "有效期至", "registered until"), read_day),
        Column("employed_on", ("入职日期", "employed on"), read_day, required=True),
    ),
    most=MOST,
    area=lambda _: None,  # that of its station, which the owner compares with the area of the import
    command=lambda rows: rows[0],
    outcome=lambda _, rows: Outcomes(taken=len(rows)),
    key=("external_id",),
    unchanged=frozenset({"external_id_taken"}),
    alone=True,
)
